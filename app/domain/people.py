"""Who acts: the one description of a caller that services are given."""

from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """The roles of DESIGN §9; names are what the database and the API show."""

    admin = "admin"
    operator = "operator"
    client = "client"
    vendor = "vendor"


STAFF = frozenset({Role.admin, Role.operator})


@dataclass(frozen=True)
class Actor:
    """A person or the system itself, with what they belong to."""

    role: Role | None
    user_id: int | None = None
    partner_id: int | None = None
    vendor_id: int | None = None

    @property
    def is_staff(self) -> bool:
        """Whether the actor runs the platform: administrator, operator or system."""
        return self.role in STAFF or self.is_system

    @property
    def is_system(self) -> bool:
        """Whether no person acts, but the house itself (jobs, seeding)."""
        return self.role is None and self.user_id is None

    @property
    def label(self) -> str:
        """Name the actor for traces and bookings, without personal data."""
        return "system" if self.is_system else f"user:{self.user_id}"


SYSTEM = Actor(role=None)
