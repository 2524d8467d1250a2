"""Which addresses may be set as one of ours to call: public ones, or allowed ones."""

from dataclasses import replace
from urllib.parse import urlsplit

from app.domain.errors import FieldError, InvalidInput
from app.gateways.guard import Guard
from app.settings import settings

SANDBOX = "/sandbox/"


def why_unreachable(url: object, name: str) -> list[FieldError]:
    """Return the errors of a URL that may not be reached; it may ask a resolver.

    Null has none. The demo may reach its own sandbox.
    """
    if not isinstance(url, str) or (settings.demo and _is_own_sandbox(url)):
        return []
    try:
        Guard.from_entries(settings.outbound_allow).check_url(url)
    except InvalidInput as refused:
        return [replace(error, field=name) for error in refused.errors]
    return []


def _is_own_sandbox(url: str) -> bool:
    own = settings.public_url + SANDBOX
    here = f"http://{settings.local_address}{SANDBOX}"
    path = urlsplit(url).path
    return url.startswith((own, here)) and ".." not in path and "%" not in path
