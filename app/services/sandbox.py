"""The sandbox: inboxes that take hand-overs as a partner's server would.

Only hand-overs of our own are kept, told by the transaction's id in their
Idempotency-Key; the newest messages alone. A made-up lead is answered, but not kept.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from lxml import etree
from sqlalchemy import delete, func, select

from app.db import transaction
from app.domain.errors import InvalidInput
from app.gateways.delivery.signing import sign
from app.models.partner import Endpoint
from app.models.platform import SandboxMessage
from app.models.sale import Delivery, Transaction
from app.services.lookup import read_uuid
from app.services.signing import OLD_SECRET, opened_secrets

KEPT = 500
SIGNATURE = "signature"
FORM = "application/x-www-form-urlencoded"
# A trial of an endpoint has no transaction; this says that it is a test.
TEST = "Lead-Nexus-Test"
SHOWN = 50
HEADERS = (
    "Content-Type",
    "Idempotency-Key",
    "User-Agent",
    "Webhook-Id",
    "Webhook-Timestamp",
    "Webhook-Signature",
)


class NotWellFormed(InvalidInput):
    """The body is not what its content type says: JSON, XML or a form (400)."""

    code = "not_well_formed"


@dataclass(frozen=True)
class Received:
    """A kept message, as the sandbox screen shows it."""

    id: int
    inbox: str
    received_at: Any
    lead_id: int
    content_type: str
    headers: Mapping[str, str]
    body: str
    answered: str


def receive(
    inbox: str,
    content_type: str,
    headers: Mapping[str, str],
    body: bytes,
    outcome: str,
) -> None:
    """Keep a hand-over, read by its content type, with the outcome it is answered with.

    Raises NotWellFormed, and InvalidInput for what is no hand-over of this platform.
    """
    text = _read(content_type, body)
    key = read_uuid(headers.get("Idempotency-Key", ""))
    with transaction() as session:
        sale = session.execute(
            select(Transaction.lead_id, Endpoint.signing_secret_sealed, OLD_SECRET)
            .outerjoin(Delivery, Delivery.transaction_id == Transaction.id)
            .outerjoin(Endpoint, Endpoint.id == Delivery.endpoint_id)
            .where(Transaction.public_id == key)
        ).first()
        if sale is None and headers.get(TEST) == "true":
            return
        if sale is None:
            message = "Send a transaction of this platform as Idempotency-Key."
            raise InvalidInput.one("Idempotency-Key", "unknown", message)
        session.add(
            SandboxMessage(
                inbox=inbox,
                lead_id=sale.lead_id,
                content_type=content_type[:100],
                headers={
                    **{n: headers[n][:1000] for n in HEADERS if n in headers},
                    SIGNATURE: _signature_is(sale[1], sale[2], headers, body),
                },
                body=text,
                answered=outcome,
            )
        )
        session.flush()
        newest = select(SandboxMessage.id).order_by(SandboxMessage.id.desc())
        oldest_kept = newest.offset(KEPT - 1).limit(1).scalar_subquery()
        session.execute(
            delete(SandboxMessage)
            .where(SandboxMessage.id < oldest_kept)
            .execution_options(synchronize_session=False)
        )


def check_well_formed(content_type: str, body: bytes) -> None:
    """Refuse a body that is neither JSON nor XML; raises NotWellFormed."""
    _read(content_type, body)


def list_messages(inbox: str | None) -> list[Received]:
    """Return the newest messages, of one inbox or of all, newest first."""
    with transaction() as session:
        query = select(SandboxMessage).order_by(SandboxMessage.id.desc()).limit(SHOWN)
        if inbox is not None:
            query = query.where(SandboxMessage.inbox == inbox)
        return [
            Received(
                row.id,
                row.inbox,
                row.received_at,
                row.lead_id,
                row.content_type,
                row.headers,
                row.body,
                row.answered,
            )
            for row in session.scalars(query)
        ]


def list_inboxes() -> list[tuple[str, int]]:
    """Return every inbox with how many messages are kept of it."""
    with transaction() as session:
        rows = session.execute(
            select(SandboxMessage.inbox, func.count())
            .group_by(SandboxMessage.inbox)
            .order_by(SandboxMessage.inbox)
        )
        return [(inbox, count) for inbox, count in rows]


def _signature_is(
    sealed: bytes | None, old: bytes | None, headers: Mapping[str, str], body: bytes
) -> str:
    """Return whether one of the endpoint's own secrets signed the body."""
    stamp = headers.get("Webhook-Timestamp", "")
    if sealed is None or not stamp.isdecimal():
        return "missing"
    secrets, sent_at = opened_secrets(sealed, old), int(stamp[:12])
    expected = sign(secrets, headers.get("Webhook-Id", ""), sent_at, body).split()
    given = headers.get("Webhook-Signature", "").split()
    is_ours = any(
        hmac.compare_digest(one.encode(), other.encode())
        for one in expected
        for other in given
    )
    return "valid" if is_ours else "invalid"


def _read(content_type: str, body: bytes) -> str:
    """Return the body as indented text; raises NotWellFormed."""
    try:
        if "xml" in content_type:
            # Entities and the network stay closed to what a stranger may send.
            parser = etree.XMLParser(
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                remove_blank_text=True,
            )
            root = etree.fromstring(body, parser)
            return etree.tostring(root, pretty_print=True, encoding="unicode")
        if content_type.startswith(FORM):
            return _lines(body)
        data = json.loads(body)
        text = json.dumps(data, indent=2, ensure_ascii=False)
        # PostgreSQL's text holds neither NUL nor lone surrogates.
        text.encode()
    except (ValueError, etree.XMLSyntaxError, RecursionError) as error:
        raise NotWellFormed.one(
            "body", "not_well_formed", "The body is no well-formed JSON, XML or form."
        ) from error
    return text


def _lines(body: bytes) -> str:
    """Return a form's pairs, a line for each; raises ValueError."""
    pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    return "\n".join(f"{name}: {value}" for name, value in pairs).replace("\0", "")
