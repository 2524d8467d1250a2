"""Mail: written with what it tells of, sent by the clock; without a server it is kept.

A row waits in PostgreSQL. Each try sets the next one before it begins, so that a
killed sender loses no mail; a mail may come twice, with the same Message-ID.
"""

import logging
from urllib.parse import urlsplit

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import OutsideFailed
from app.domain.states import MailStatus
from app.gateways.guard import Guard
from app.gateways.mail import Letter, Relay, post
from app.models.mail import OutgoingMail
from app.settings import settings

log = logging.getLogger(__name__)

BATCH = 20
# Minutes from one try to the next; after the last, about a day, it has failed.
WAITS = (1, 2, 5, 15, 60, 180, 360, 720)
CLAIM = text(
    "UPDATE outgoing_mail SET attempts = attempts + 1, run_at = now() + make_interval("
    "  mins => (cast(:waits AS int[]))[least(attempts + 1, :tries)])"
    " WHERE id IN (SELECT id FROM outgoing_mail"
    "  WHERE status = 'queued' AND run_at <= now()"
    "  ORDER BY run_at LIMIT :batch FOR UPDATE SKIP LOCKED)"
    " RETURNING id, recipient, subject, body, attempts"
)
SENT = text(
    "UPDATE outgoing_mail SET status = 'sent', sent_at = now(), body = NULL,"
    " error = NULL WHERE id = :id AND status = 'queued'"
)
NOT_SENT = text(
    "UPDATE outgoing_mail SET error = :error,"
    " status = CASE WHEN :is_over THEN 'failed' ELSE status END"
    " WHERE id = :id AND status = 'queued'"
)


def send(session: Session, to: str, subject: str, body: str) -> None:
    """Write a mail in the open transaction; it goes out once that has committed.

    `subject` is one line. Without SMTP_URL it is kept for the administrator to read.
    """
    status = MailStatus.queued if settings.smtp_url else MailStatus.kept
    session.add(OutgoingMail(recipient=to, subject=subject, body=body, status=status))


def send_due() -> None:
    """Hand over what is due, each by itself; the rest is for the next round."""
    if not settings.smtp_url:
        return
    relay = Relay.from_url(settings.smtp_url)
    # The operator named this server, so its address may be private.
    guard = Guard.from_entries([*settings.outbound_allow, relay.place])
    bound = {"waits": list(WAITS), "tries": len(WAITS), "batch": BATCH}
    with transaction() as session:
        due = session.execute(CLAIM, bound).all()
    for mail in due:
        _hand_over(mail, relay, guard)


def _hand_over(
    mail: Row[tuple[int, str, str, str, int]], relay: Relay, guard: Guard
) -> None:
    host = urlsplit(settings.public_url).hostname or "localhost"
    letter = Letter(
        id=f"<mail-{mail.id}@{host}>",
        sender=settings.mail_from,
        to=mail.recipient,
        subject=mail.subject,
        text=mail.body,
    )
    try:
        post(letter, relay, guard)
    except OutsideFailed as failure:
        is_over = failure.permanent or mail.attempts >= len(WAITS)
        log.warning("mail not sent: mail=%s over=%s why=%s", mail.id, is_over, failure)
        told = {"id": mail.id, "error": failure.message[:200], "is_over": is_over}
        with transaction() as session:
            session.execute(NOT_SENT, told)
        return
    with transaction() as session:
        session.execute(SENT, {"id": mail.id})
    log.info("mail sent: mail=%s", mail.id)
