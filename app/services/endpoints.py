"""Endpoints: where partners take their leads; what is secret there is sealed."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.db import db, transaction
from app.domain.errors import FieldError, NotAllowed
from app.domain.people import Actor
from app.domain.states import EndpointStatus
from app.gateways.delivery.auth import check_auth
from app.gateways.delivery.mapping import CompiledMapping, compile_mapping
from app.gateways.delivery.ping import compile_ping
from app.gateways.delivery.rules import compile_rules
from app.gateways.delivery.sources import AUTH_KEY
from app.models.partner import Endpoint, Partner
from app.sealing import AUTH_PLACE, seal, unseal
from app.services.audit import record
from app.services.ping_fields import check_answers_told
from app.services.reach import why_unreachable
from app.services.saving import (
    Errors,
    check_final,
    check_range,
    check_unchanged,
    checking,
    find,
    store,
)
from app.services.signing import give_secret
from app.services.stored import is_new, was

log = logging.getLogger(__name__)

OWN = frozenset(
    {
        "name",
        "url",
        "format",
        "auth_sealed",
        "signing_secret_sealed",
        "mapping",
        "reply_rules",
        "ping",
        "timeout_s",
        "status",
    }
)
GIVEN = "auth"
CLOSED = ("failures", "open_until", "ping_failures", "ping_open_until")
MAX_TIMEOUT_S = 60


def save_endpoint(endpoint: Endpoint, actor: Actor) -> dict[str, str]:
    """Store a new or changed endpoint; an attribute `auth`, if set, is sealed.

    Staff may, and the owners of its partner. Return `{"signing_secret"}` of a new
    one, this once. Raises NotAllowed, NotFound, InvalidInput with every error.
    """
    if not (actor.is_staff or actor.may_manage):
        raise NotAllowed("Only a partner's owner, or a key for it, may do this.")
    shown = {"signing_secret": give_secret(endpoint)} if is_new(endpoint) else {}
    # Reading what expired would flush the changes before they are checked.
    with db.session.no_autoflush:
        url, ping = endpoint.url, endpoint.ping
    auth = vars(endpoint).get(GIVEN)
    # The resolver is asked before the transaction, not in it.
    unreachable = why_unreachable(url, "url")
    if isinstance(ping, Mapping):
        unreachable += why_unreachable(ping.get("url"), "ping.url")
    if isinstance(auth, Mapping):
        unreachable += why_unreachable(auth.get("token_url"), "auth.token_url")
    with transaction() as session:
        with checking(session, endpoint, actor, OWN) as errors:
            check_final(endpoint, errors)
            check_unchanged(endpoint, "partner_id", errors)
            check_range(endpoint, "timeout_s", 1, MAX_TIMEOUT_S, errors)
            find(session, Partner, endpoint, "partner_id", errors)
            errors.extend(unreachable)
            body = getattr(endpoint.format, "name", "json")
            mapping = errors.attempt(lambda: compile_mapping(endpoint.mapping, body))
            errors.attempt(lambda: compile_rules(endpoint.reply_rules))
            asked = errors.attempt(lambda: compile_ping(endpoint.ping, body))
            if asked is not None:
                check_answers_told(session, endpoint, asked, errors)
            _seal_given(endpoint, errors)
            if mapping is not None:
                _check_key(endpoint, "mapping", mapping, errors)
            if asked is not None:
                _check_key(endpoint, "ping.mapping", asked.mapping, errors)
        _close_circuit(session, endpoint, actor)
        store(session, endpoint, actor)
    return shown


def shown_auth(endpoint: Endpoint) -> dict[str, str]:
    """Return what may be shown of an endpoint's credentials: their type.

    It is `unreadable` where they were sealed with a key that is no longer set.
    """
    if endpoint.auth_sealed is None:
        return {"type": "none"}
    try:
        return {"type": json.loads(unseal(endpoint.auth_sealed, AUTH_PLACE))["type"]}
    except ValueError:
        log.warning("endpoint %s: its credentials do not open", endpoint.id)
        return {"type": "unreadable"}


def _check_key(
    endpoint: Endpoint, where: str, mapping: CompiledMapping, errors: Errors
) -> None:
    """Refuse a mapping that names a key where none is kept."""
    if endpoint.auth_sealed and shown_auth(endpoint)["type"] in ("body", "unreadable"):
        return
    message = "Choose a key in the body as the authentication first."
    errors.extend(
        FieldError(f"{where}[{index}].source", "needs_key", message)
        for index, rule in enumerate(mapping.rules)
        if rule.source.path == AUTH_KEY
    )


def _seal_given(endpoint: Endpoint, errors: Errors) -> None:
    # Not a column: what was given lives on the instance until it is sealed.
    if GIVEN not in vars(endpoint):
        return
    given: Any = vars(endpoint).pop(GIVEN)
    errors.attempt(lambda: check_auth(given))
    if given is None or given == {"type": "none"}:
        endpoint.auth_sealed = None
    elif not errors:
        endpoint.auth_sealed = seal(json.dumps(given), AUTH_PLACE)


def _close_circuit(session: Session, endpoint: Endpoint, actor: Actor) -> None:
    """Try anew after a person named another URL, or made a disabled one active."""
    activated = endpoint.status is EndpointStatus.active and was(endpoint, "status")
    if is_new(endpoint):
        return
    before = {name: getattr(endpoint, name) for name in CLOSED}
    if activated or was(endpoint, "url"):
        endpoint.failures, endpoint.open_until = 0, None
    if activated or was(endpoint, "ping"):
        endpoint.ping_failures, endpoint.ping_open_until = 0, None
    after = {name: getattr(endpoint, name) for name in CLOSED}
    if before != after:
        subject = f"endpoint:{endpoint.id}"
        record(session, actor, "endpoint.circuit_reset", subject, before, after)
