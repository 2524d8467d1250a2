"""What a user is logged in to: listed for its owner, ended one by one or together."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.db import transaction
from app.domain.people import Actor
from app.services.audit import record
from app.services.auth import FAMILY_DAYS, IDLE_HOURS
from app.services.people import END_FAMILIES, END_OTHERS
from app.services.saving import check_staff

# A browser's family has no tokens, and ends unused; a program's lives by its token.
LIVING = text(
    "SELECT f.id, f.created_at, f.last_used_at, f.address, f.agent,"
    " t.expires_at IS NOT NULL AS is_program FROM login_family f"
    " LEFT JOIN LATERAL (SELECT max(expires_at) AS expires_at FROM refresh_token"
    "  WHERE family_id = f.id) t ON true"
    " WHERE f.user_id = :user AND f.ended_at IS NULL"
    " AND f.created_at > now() - make_interval(days => :days)"
    " AND (t.expires_at > now() OR t.expires_at IS NULL"
    "  AND f.last_used_at > now() - make_interval(hours => :hours))"
    " ORDER BY f.last_used_at DESC, f.id LIMIT 100"
)
END_ONE = text(
    "UPDATE login_family SET ended_at = now()"
    " WHERE id = :family AND user_id = :user AND ended_at IS NULL"
)


@dataclass(frozen=True)
class LogIn:
    """One log-in that lives: a browser's session, or a program's tokens."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    address: str | None
    agent: str | None
    is_program: bool


def living_log_ins(actor: Actor) -> list[LogIn]:
    """Return the actor's own log-ins, the last used first."""
    bound = {"user": actor.user_id, "days": FAMILY_DAYS, "hours": IDLE_HOURS}
    with transaction() as session:
        return [LogIn(**row) for row in session.execute(LIVING, bound).mappings()]


def end_log_in(family_id: UUID, actor: Actor) -> None:
    """End one of the actor's own log-ins; another's is left alone."""
    with transaction() as session:
        session.execute(END_ONE, {"family": family_id, "user": actor.user_id})


def end_other_log_ins(actor: Actor, kept: UUID | None = None) -> None:
    """End all of the actor's own log-ins but the one that is kept."""
    with transaction() as session:
        session.execute(END_OTHERS, {"user": actor.user_id, "kept": kept})


def end_log_ins_of(user_id: int, actor: Actor) -> None:
    """End everything a user is logged in to; for administrators. Raises NotAllowed."""
    check_staff(actor, admin_only=True)
    with transaction() as session:
        session.execute(END_FAMILIES, {"user": user_id})
        record(session, actor, "user.logged_out", f"user:{user_id}")
