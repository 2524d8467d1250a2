"""The settings in force, each with its meaning; for administrators alone.

They are set in the environment, where secrets belong; a change takes a restart.
"""

from collections import defaultdict
from dataclasses import dataclass

from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access

from app.settings import settings
from config import TOLD, Settings, Told


@dataclass(frozen=True)
class Shown:
    """A setting as the screen shows it."""

    told: Told
    value: str
    origin: str


class SettingScreen(BaseView):
    """Every setting, by subject."""

    route_base = "/settings"
    class_permission_name = "Setting"
    default_view = "list"

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Show what is in force, and where it comes from."""
        subjects = shown_by_subject(settings)
        return str(
            self.render_template(
                "screens/settings.html", title="Settings", subjects=subjects
            )
        )


def shown_by_subject(found: Settings) -> dict[str, list[Shown]]:
    """Return every setting with its value; of a secret only whether there is one."""
    subjects: dict[str, list[Shown]] = defaultdict(list)
    for name, told in TOLD.items():
        value = getattr(found, name)
        subjects[told.subject].append(
            Shown(told, _spelled(value, told), _origin(found, told, value))
        )
    return subjects


def _spelled(value: object, told: Told) -> str:
    if told.is_secret:
        return "set" if value else "not set"
    if isinstance(value, bool):
        return "1" if value else "0"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _origin(found: Settings, told: Told, value: object) -> str:
    if told.name in found.given:
        return "environment"
    return "generated" if told.is_secret and value else "default"
