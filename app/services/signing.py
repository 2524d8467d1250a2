"""Signing secrets of endpoints: the one that is given, and the one it takes over from.

Until the old one's time is up every request carries the signatures of both.
"""

from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import NotAllowed, NotFound
from app.domain.people import Actor
from app.gateways.delivery.signing import new_secret
from app.models.partner import Endpoint
from app.sealing import SIGNING_PLACE, seal, unseal
from app.services.audit import record
from app.services.locking import lock_row
from app.services.overlap import end_of, read_overlap

# Of an endpoint `e`; the same for queries of the models.
SECRETS = (
    "e.signing_secret_sealed, CASE WHEN e.old_secret_until > now()"
    " THEN e.old_secret_sealed END AS old_secret_sealed"
)
OLD_SECRET = case((Endpoint.old_secret_until > func.now(), Endpoint.old_secret_sealed))


def opened_secrets(sealed: bytes, old: bytes | None) -> str:
    """Return the secrets to sign with, apart by spaces; raises ValueError."""
    both = [bytes(one) for one in (sealed, old) if one is not None]
    return " ".join(unseal(one, SIGNING_PLACE) for one in both)


def secrets_of(session: Session, endpoint: Endpoint) -> str:
    """Return what an endpoint's requests are signed with now; raises ValueError."""
    old = session.scalar(select(OLD_SECRET).where(Endpoint.id == endpoint.id))
    return opened_secrets(endpoint.signing_secret_sealed, old)


def give_secret(endpoint: Endpoint) -> str:
    """Give an endpoint a new signing secret and return it; what is kept is sealed."""
    secret = new_secret()
    endpoint.signing_secret_sealed = seal(secret, SIGNING_PLACE)
    return secret


def rotate_secret(
    actor: Actor, endpoint_id: int, overlap_minutes: object
) -> dict[str, Any]:
    """Give an endpoint a new secret; return it, this once, and the old one's end.

    For staff, and who manages its partner. The old one signs along for the overlap
    (None: a day; 0: not at all), one that was older no more. Raises NotAllowed,
    NotFound, InvalidInput.
    """
    if not (actor.is_staff or actor.may_manage):
        raise NotAllowed("Only a partner's owner, or a key for it, may do this.")
    minutes = read_overlap(overlap_minutes)
    with transaction() as session:
        endpoint = lock_row(session, Endpoint, endpoint_id, "endpoint", weak=True)
        if not (actor.is_staff or endpoint.partner_id == actor.partner_id):
            raise NotFound("There is no such endpoint.")
        endpoint.old_secret_until = end_of(session, minutes)
        endpoint.old_secret_sealed = endpoint.signing_secret_sealed if minutes else None
        secret = give_secret(endpoint)
        session.flush()
        record(session, actor, "endpoint.secret_rotated", f"endpoint:{endpoint.id}")
        return {
            "id": endpoint.id,
            "signing_secret": secret,
            "old_secret_until": endpoint.old_secret_until,
        }
