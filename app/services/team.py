"""Who belongs to an account, as its owners see them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from app.db import transaction
from app.domain.errors import NotAllowed
from app.domain.people import Actor
from app.domain.states import MemberRole
from app.models.people import Membership

MOST = 500


@dataclass(frozen=True)
class Member:
    """A person of a partner or vendor."""

    email: str
    role: MemberRole
    is_active: bool
    last_login: datetime | None


def list_team(actor: Actor) -> list[Member]:
    """Return the people of the actor's own partner or vendor, by email.

    For its owners. Raises NotAllowed.
    """
    if not actor.owns_account or actor.side is None:
        raise NotAllowed("Only an account's owner may do this.")
    with transaction() as session:
        rows = session.execute(
            select(User.email, Membership.role, User.active, User.last_login)
            .join(Membership, Membership.user_id == User.id)
            .where(getattr(Membership, actor.side) == getattr(actor, actor.side))
            .order_by(User.email)
            .limit(MOST)
        )
        # FAB keeps the time of a log-in without its zone, which is UTC's here.
        return [
            Member(email, role, bool(active), at and at.replace(tzinfo=UTC))
            for email, role, active, at in rows
        ]
