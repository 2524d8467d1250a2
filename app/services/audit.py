"""The audit log: every change by a person or a key leaves one row that stays.

A lead's own way is its trace; what is here was decided by somebody.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from app.db import db
from app.domain.evidence import evidence
from app.domain.people import Actor
from app.models.audit import Audit
from app.origin import current_origin

ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)+")
SUBJECT = re.compile(r"[a-z_]+:[A-Za-z0-9_.-]{1,60}")
WAITING = "audit"


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Note that the actor did something, such as `partner.paused` to `partner:12`.

    `before` and `after` tell what changed: ids, codes, amounts; of contact data and
    secrets no more than that there are any. Written when the transaction commits.
    """
    if not ACTION.fullmatch(action) or not SUBJECT.fullmatch(subject):
        raise ValueError(f"no action or no subject: {action} {subject}")
    origin = current_origin()
    row = {
        "user_id": actor.user_id,
        "key_id": actor.key_id,
        "role": actor.role.name if actor.role else None,
        "action": action,
        "subject": subject,
        "before": evidence(before),
        "after": evidence(after),
        "address": origin.address,
        "request_id": origin.request_id,
    }
    session.info.setdefault(WAITING, []).append(row)


# Rows are chained one after the other, under one lock. Taken as the last thing before
# the commit, it is held no longer than that and can be part of no deadlock.
@event.listens_for(db.session, "before_commit")
def _write_before_commit(session: Session) -> None:
    # The event also fires when a SAVEPOINT is released.
    if session.in_nested_transaction():
        return
    session.flush()
    if rows := session.info.pop(WAITING, None):
        session.execute(insert(Audit), rows)


@event.listens_for(db.session, "after_rollback")
def _forget_after_rollback(session: Session) -> None:
    session.info.pop(WAITING, None)
