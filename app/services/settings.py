"""Every setting as administrators are told of it: its value and where it comes from."""

from dataclasses import dataclass

from app.services.policy import changed_names, policy
from config import TOLD, Told


@dataclass(frozen=True)
class Shown:
    """A setting; of a secret only whether there is one.

    `origin` is environment, changed, generated or default.
    """

    attribute: str
    told: Told
    value: str
    origin: str

    @property
    def is_editable(self) -> bool:
        """Whether an administrator may change it while all is running."""
        return self.told.kind is not None and self.origin != "environment"

    @property
    def is_fixed(self) -> bool:
        """Whether it is policy that the environment holds fast."""
        return self.told.kind is not None and self.origin == "environment"


def all_settings() -> list[Shown]:
    """Return every setting that there is, as it is in force."""
    changed = changed_names()
    shown = []
    for attribute, told in TOLD.items():
        value = getattr(policy, attribute)
        origin = _origin(attribute, told, value, changed)
        shown.append(Shown(attribute, told, _spelled(value, told), origin))
    return shown


def _origin(attribute: str, told: Told, value: object, changed: frozenset[str]) -> str:
    if told.name in policy.given:
        return "environment"
    if attribute in changed:
        return "changed"
    return "generated" if told.is_secret and value else "default"


def _spelled(value: object, told: Told) -> str:
    if told.is_secret:
        return "set" if value else "not set"
    if isinstance(value, bool):
        return "1" if value else "0"
    if value is None:
        return ""
    return ", ".join(value) if isinstance(value, tuple) else str(value)
