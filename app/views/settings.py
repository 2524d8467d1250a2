"""The settings in force, each with its meaning; for administrators alone.

Wiring and secrets are set in the environment, and a change of them takes a restart.
Business policy is changed here, unless the environment fixes it.
"""

from collections import defaultdict
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access, permission_name
from werkzeug.wrappers import Response
from wtforms import BooleanField, Field, HiddenField

from app.domain.errors import LeadNexusError
from app.domain.policy import Flag, Rate, Whole
from app.security import current_actor
from app.services.policy import change_policy, check_policy, policy, state_of_policy
from app.services.settings import Shown, all_settings
from app.views.fields import TextField, WholeField
from app.views.forms import NUMBER, say_at
from config import EDITABLE, Told

RATE = "Uses and a period, like 60/minute or 10/20 second."


class SettingScreen(BaseView):
    """Every setting, by subject, and the form for those that are policy."""

    route_base = "/settings"
    class_permission_name = "Setting"
    default_view = "list"

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Show what is in force, and where it comes from."""
        return self._page("settings", "Settings", subjects=_by_subject())

    @expose("/edit", methods=["GET", "POST"])
    @has_access
    def edit(self) -> str | Response:
        """Change policy: every setting in one form, every error at once."""
        form = PolicyForm(seen=state_of_policy(), **_values())
        fixed = [one for one in all_settings() if one.is_fixed]
        for one in fixed:
            del form[one.attribute]
        if request.method == "POST" and _save(form):
            return redirect(url_for("SettingScreen.list"))
        subjects: dict[str, list[Field]] = defaultdict(list)
        for attribute, told in EDITABLE.items():
            if attribute in form:
                subjects[told.subject].append(form[attribute])
        shown = {"form": form, "subjects": subjects, "fixed": fixed}
        return self._page("settings_edit", "Change settings", **shown)

    @expose("/reset", methods=["POST"])
    @has_access
    @permission_name("edit")
    def reset(self) -> Response:
        """Take one setting back to its default."""
        attribute = request.form.get("setting", "")
        told = EDITABLE.get(attribute)
        try:
            change_policy({attribute: told.first if told else None}, current_actor())
        except LeadNexusError as refusal:
            flash(refusal.message, "danger")
        else:
            flash("Back to the default.", "success")
        return redirect(url_for("SettingScreen.list"))

    def _page(self, name: str, title: str, **shown: object) -> str:
        template = f"screens/{name}.html"
        return str(self.render_template(template, title=title, **shown))


def _field(told: Told) -> Field:
    # A box says what checking it does, where the environment says what 1 does.
    meaning = told.meaning.replace("`", "").removeprefix("1: ")
    help_ = f"{meaning[0].upper()}{meaning[1:]}."
    if isinstance(told.kind, Rate):
        help_ = f"{help_} {RATE}"
    about = {"label": told.label, "description": help_}
    if isinstance(told.kind, Flag):
        return BooleanField(**about)
    about["description"] += f" Default: {told.default.replace('`', '')}."
    if isinstance(told.kind, Whole):
        return WholeField(**about, render_kw=NUMBER)
    return TextField(**about, render_kw={"class": "num-input", "autocomplete": "off"})


PolicyForm = type(
    "PolicyForm",
    (DynamicForm,),
    {attribute: _field(told) for attribute, told in EDITABLE.items()}
    | {"seen": HiddenField()},
)


def _values() -> dict[str, Any]:
    return {attribute: getattr(policy, attribute) for attribute in EDITABLE}


def _save(form: DynamicForm) -> bool:
    """Save what the form holds; False with every error at its field."""
    given = {name: form[name].data for name in EDITABLE if name in form}
    is_sound = form.validate()
    try:
        # What the form refuses and what the service refuses are told at once.
        check_policy(given)
        if not is_sound:
            return False
        changed = change_policy(given, current_actor(), form.seen.data)
    except LeadNexusError as refusal:
        say_at(form, refusal)
        return False
    count = len(changed)
    flash(f"{count} changed." if count else "Nothing was changed.", "success")
    return True


def _by_subject() -> dict[str, list[Shown]]:
    subjects: dict[str, list[Shown]] = defaultdict(list)
    for one in all_settings():
        subjects[one.told.subject].append(one)
    return subjects
