"""Who acts: the one description of a caller that services are given, and its rights."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from app.domain.states import MemberRole


class Role(Enum):
    """The roles of DESIGN §9; names are what the database and the API show."""

    admin = "admin"
    operator = "operator"
    client = "client"
    vendor = "vendor"


class Right(Enum):
    """What a member or a key may do for its partner or vendor, by what is at stake."""

    read = "read"  # sees what is theirs, contact data they bought included
    buy = "buy"  # spends money: the market, the cart, standing orders
    manage = "manage"  # says where contact data goes: endpoints
    upload = "upload"  # sends leads in
    own = "own"  # gives rights to others: keys and members


STAFF = frozenset({Role.admin, Role.operator})
MEMBERS: Mapping[MemberRole, frozenset[Right]] = {
    MemberRole.owner: frozenset(Right),
    MemberRole.buyer: frozenset({Right.read, Right.buy}),
    MemberRole.uploader: frozenset({Right.read, Right.upload}),
    MemberRole.viewer: frozenset({Right.read}),
}
# What a person may be within a partner, and within a vendor.
MEMBER_ROLES: Mapping[Role, tuple[MemberRole, ...]] = {
    Role.client: (MemberRole.owner, MemberRole.buyer, MemberRole.viewer),
    Role.vendor: (MemberRole.owner, MemberRole.uploader, MemberRole.viewer),
}
# No key gives rights to others: who steals one cannot make the next.
SCOPES: Mapping[Role, frozenset[Right]] = {
    Role.client: frozenset({Right.read, Right.buy, Right.manage}),
    Role.vendor: frozenset({Right.read, Right.upload}),
}


@dataclass(frozen=True)
class Actor:
    """A person, a key or the system itself, with what they belong to.

    `member` is what a person is within their partner or vendor, `scopes` what a key
    was made for; without either nothing of theirs opens.
    """

    role: Role | None
    user_id: int | None = None
    partner_id: int | None = None
    vendor_id: int | None = None
    member: MemberRole | None = None
    key_id: int | None = None
    scopes: frozenset[Right] = frozenset()

    @property
    def is_staff(self) -> bool:
        """Whether the actor runs the platform: administrator, operator or system."""
        return self.role in STAFF or self.is_system

    @property
    def is_system(self) -> bool:
        """Whether no person acts, but the house itself (jobs, seeding)."""
        return self.role is None and self.user_id is None and self.key_id is None

    @property
    def rights(self) -> frozenset[Right]:
        """What the actor may do for the partner or vendor it belongs to."""
        if self.key_id is not None:
            return self.scopes
        return MEMBERS[self.member] if self.member else frozenset()

    @property
    def side(self) -> str | None:
        """Name the column that says whose rows are theirs, or None for staff."""
        if self.partner_id is not None:
            return "partner_id"
        return "vendor_id" if self.vendor_id is not None else None

    @property
    def may_buy(self) -> bool:
        """Whether the actor orders leads for its partner."""
        return self.partner_id is not None and Right.buy in self.rights

    @property
    def may_manage(self) -> bool:
        """Whether the actor says where its partner's leads go."""
        return self.partner_id is not None and Right.manage in self.rights

    @property
    def owns_account(self) -> bool:
        """Whether the actor gives others their rights: makes keys, names members."""
        return Right.own in self.rights

    @property
    def label(self) -> str:
        """Name the actor for traces and bookings, without personal data."""
        if self.key_id is not None:
            return f"key:{self.key_id}"
        return "system" if self.is_system else f"user:{self.user_id}"


SYSTEM = Actor(role=None)
