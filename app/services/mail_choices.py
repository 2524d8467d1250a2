"""What a user chose to get by mail; who never chose gets what their place gives."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from app.db import transaction
from app.domain.people import Actor
from app.models.people import MailChoice
from app.services.audit import record


def is_chosen(actor: Actor, name: str) -> bool:
    """Say whether the actor gets mail of that name, of those that MailChoice has."""
    with transaction() as session:
        choice = session.get(MailChoice, actor.user_id)
        return choice is None or bool(getattr(choice, name))


def choose(actor: Actor, name: str, called: str, *, wanted: bool) -> None:
    """Let the actor get that mail, or none; `called` is its name in the audit log."""
    if is_chosen(actor, name) == wanted:
        return
    values: dict[str, Any] = {name: wanted}
    with transaction() as session:
        chosen = insert(MailChoice).values(user_id=actor.user_id, **values)
        session.execute(
            chosen.on_conflict_do_update(index_elements=["user_id"], set_=values)
        )
        subject = f"user:{actor.user_id}"
        before, after = {called: not wanted}, {called: wanted}
        record(session, actor, "user.changed", subject, before, after)
