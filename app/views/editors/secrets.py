"""What an endpoint or a provider is called with: typed in, never shown again."""

from typing import Any

from app.gateways.delivery.auth import CLIENT_AUTHS, KEYS, OPTIONAL
from app.services.endpoints import shown_auth
from app.views.editors.base import Column, EditorField, Filled, Way
from app.views.formats import words

KEEP = "keep"
OPEN = frozenset({"username", "name", "client_id", "token_url", "scope", "audience"})
LABELS = {
    "none": "None",
    "basic": "User name and password (Basic)",
    "bearer": "Bearer token",
    "header": "A header of its own",
    "body": "A key in the body (auth.key in the mapping)",
    "oauth2": "OAuth 2.0 client credentials",
}
INPUTS = {
    "token_url": "Token URL",
    "client_id": "Client ID",
    "scope": "Scope, if any",
    "audience": "Audience, if any",
}
CLIENT_AUTH = Column(
    "client_auth",
    "ID and secret go in",
    "choice",
    choices=tuple(zip(CLIENT_AUTHS, ("the header (Basic)", "the body"), strict=True)),
)


class SecretField(EditorField):
    """Inputs for secrets; what is stored is kept unless something else is chosen."""

    has_json = False
    stored = ""

    @property
    def all_ways(self) -> tuple[Way, ...]:
        """The ways to fill it; keeping what is stored first, where something is."""
        kept = (Way(KEEP, f"As stored ({self.stored})"),) if self.stored else ()
        return (*kept, *self.ways)

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401, ARG002 - never shown
        """Return the first way: nothing stored is ever filled in."""
        return Filled(self.all_ways[0].name, {})

    def holds(self, filled: Filled) -> bool:  # noqa: ARG002
        """Whether the inputs may be shown: they are empty, always."""
        return True

    def _shown(self) -> Filled:
        return Filled(self.all_ways[0].name, {})


def _input(name: str) -> Column:
    if name == CLIENT_AUTH.name:
        return CLIENT_AUTH
    label = INPUTS.get(name, words(name))
    return Column(name, label, "text" if name in OPEN else "secret")


class AuthField(SecretField):
    """How an endpoint wants us to log in."""

    ways = tuple(
        Way(
            kind,
            LABELS.get(kind, words(kind)),
            value={"type": "none"} if kind == "none" else None,
            head=tuple(map(_input, (*names, *OPTIONAL.get(kind, ())))),
        )
        for kind, names in KEYS.items()
    )

    def bind(self, _form: Any, item: Any) -> None:  # noqa: ANN401 - a form, an endpoint
        """Offer to keep what the endpoint has."""
        if item is not None:
            self.stored = words(shown_auth(item)["type"]).lower()

    def read(self, filled: Filled) -> dict[str, Any]:
        """Return the credentials; an input left empty is left out."""
        given = {name: text for name, text in filled.head.items() if text}
        return {"type": filled.way, **given}


class CredentialsField(SecretField):
    """What a provider is called with: names and their values."""

    ways = (
        Way("none", "None yet", value={}),
        Way(
            "rows",
            "These",
            columns=(
                Column("name", "Name", hint="api_key"),
                Column("value", "Value", "secret"),
            ),
        ),
    )

    def bind(self, _form: Any, item: Any) -> None:  # noqa: ANN401 - a form, a provider
        """Offer to keep what the provider has."""
        if item is not None:
            self.stored = "never shown"

    def read(self, filled: Filled) -> dict[str, str]:
        """Return the credentials; raises ValueError for a name without a value."""
        if not all(row["name"] and row["value"] for row in filled.rows):
            raise ValueError("Enter a name and a value in each row.")
        return {row["name"]: row["value"] for row in filled.rows}
