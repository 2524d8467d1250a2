"""Providers of checks: their credentials are sealed, shown by their names alone."""

import json
import logging
from typing import Any

from app.db import transaction
from app.domain.body import why_unstorable
from app.domain.errors import InvalidInput
from app.domain.money import MAX_CENTS
from app.domain.people import Actor
from app.models.provider import Provider
from app.sealing import seal, unseal
from app.services.reach import why_unreachable
from app.services.saving import (
    Errors,
    check_final,
    check_range,
    check_staff,
    check_unchanged,
    checking,
    store,
)

log = logging.getLogger(__name__)

PLACE = "provider.credentials"
GIVEN = "credentials"
MAX_TIMEOUT_S = 60
MAX_CREDENTIALS = 20
MAX_CREDENTIAL = 5000


def save_provider(provider: Provider, actor: Actor) -> None:
    """Store a new or changed provider; an attribute `credentials`, if set, is sealed.

    For administrators. Raises NotAllowed, InvalidInput with every error, Taken.
    """
    check_staff(actor, admin_only=True)
    # The resolver is asked before the transaction, not in it.
    unreachable = why_unreachable(provider.base_url, "base_url")
    with transaction() as session:
        with checking(session, provider, actor) as errors:
            check_unchanged(provider, "provider", errors)
            check_final(provider, errors)
            check_range(provider, "timeout_s", 1, MAX_TIMEOUT_S, errors)
            check_range(provider, "daily_limit_cents", 0, MAX_CENTS, errors)
            errors.extend(unreachable)
            _seal_given(provider, errors)
        store(session, provider, actor)


def shown_credentials(provider: Provider) -> list[str] | dict[str, str]:
    """Return what may be shown of a provider's credentials: their names, in order.

    It is `{"type": "unreadable"}` where their key is no longer set.
    """
    if provider.credentials_sealed is None:
        return []
    try:
        return sorted(json.loads(unseal(provider.credentials_sealed, PLACE)))
    except ValueError:
        log.warning("provider %s: its credentials do not open", provider.id)
        return {"type": "unreadable"}


def _seal_given(provider: Provider, errors: Errors) -> None:
    # Not a column: what was given lives on the instance until it is sealed.
    if GIVEN not in vars(provider):
        return
    given: Any = vars(provider).pop(GIVEN)
    if given is None:
        provider.credentials_sealed = None
        return
    errors.attempt(lambda: _check_credentials(given))
    if errors.spares(GIVEN):
        provider.credentials_sealed = seal(json.dumps(given), PLACE)


def _check_credentials(given: object) -> None:
    if (
        not isinstance(given, dict)
        or len(given) > MAX_CREDENTIALS
        or not all(isinstance(text, str) for text in given.values())
        or any(len(text) > MAX_CREDENTIAL for text in given.values())
        or why_unstorable(given)
    ):
        raise InvalidInput.one(GIVEN, "type", "Send an object of texts.")
