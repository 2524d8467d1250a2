"""What the builder of rules asks while somebody types: fields, and leads that match."""

from typing import Any

from flask import Response, g, jsonify, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from wtforms import Form

from app.domain.errors import InvalidInput, LeadNexusError
from app.limiting import wait_s
from app.security import current_actor
from app.services.matches import DAYS, FEW, Matches, count_matches, rule_fields
from app.views.editors.conditions import FiltersField
from app.views.editors.rule_box import offered_fields

# As often as a quick typist pauses; and what keeps anybody from counting all day long.
RATES = ("60/minute", "1500/day")
MAX_DIGITS = 18
CHOOSE = "Choose a campaign to see how many of its leads match."
MARKED = "What is marked cannot be counted."
SLOWLY = "That was counted often enough; try again in a while."


class RuleForm(Form):
    """The builder alone, whatever form it stands in."""

    filters = FiltersField()


class _Of:
    """The row that the rules are of, as far as the builder asks."""

    def __init__(self, campaign_id: int) -> None:
        self.campaign_id = campaign_id


class CountsMatches:
    """A screen in whose forms rules are built; stands left of it."""

    @expose("/rule-fields")
    @has_access
    @permission_name("edit")
    def rule_fields(self) -> Response:
        """Answer which fields the rules of a campaign may name."""
        try:
            known = rule_fields(current_actor(), _campaign_id())
        except LeadNexusError:
            return jsonify([])
        return jsonify(offered_fields(known))

    @expose("/matches", methods=["POST"])
    @has_access
    @permission_name("edit")
    def matches(self) -> tuple[Response, int]:
        """Say how many of a campaign's leads the typed rules match."""
        campaign_id = _campaign_id()
        if not campaign_id:
            return jsonify(said=CHOOSE, errors=[]), 200
        if any(wait_s(rate, "matches", str(g.user.id)) for rate in RATES):
            return jsonify(said=SLOWLY, errors=[]), 429
        form = RuleForm(request.form)
        field: Any = form.filters
        field.leave_out_unfinished()
        field.bind(form, _Of(campaign_id))
        if field.process_errors:
            return jsonify(said=" ".join(field.process_errors), errors=[]), 200
        actor = current_actor()
        try:
            found = count_matches(actor, campaign_id, field.data)
        except InvalidInput as refused:
            return _wrong(field, refused), 200
        except LeadNexusError as refusal:
            return jsonify(said=refusal.message, errors=[]), 200
        said = sentence(found, exact=actor.is_staff, is_all=field.data is None)
        return jsonify(said=said, errors=[]), 200


def sentence(found: Matches, *, exact: bool, is_all: bool = False) -> str:
    """Say how many leads match; a partner's figures are rounded."""
    if found.uncounted:
        fields = ", ".join(found.uncounted)
        return f"Not counted: rules on {fields} could tell who somebody is."
    days = f"the last {DAYS} days"
    if not found.total:
        none = "No lead" if exact else f"Fewer than {FEW} leads"
        return f"{none} came in {days}."
    about = "" if exact else "about "
    total = f"{about}{found.total:,} lead{'' if found.total == 1 else 's'}"
    if is_all:
        more = "more than " if found.is_capped else ""
        said = f"{more}{total} came in {days}."
        return said[0].upper() + said[1:]
    few = not exact and not found.matched
    matched = f"fewer than {FEW}" if few else f"{about}{found.matched:,}"
    newest = "the newest " if found.is_capped else ""
    return f"Matches {matched} of {newest}{total} of {days}."


def _wrong(field: FiltersField, refused: InvalidInput) -> Response:
    """Answer what is wrong with the rules, each error with the rule that it is of."""
    said = [
        field.say(error.field.removeprefix("filters"), error.message)
        for error in refused.errors
    ]
    errors = [
        {"rule": rule, "name": name, "said": " ".join(messages)}
        for (rule, name), messages in field.box.errors.items()
        if rule is not None
    ]
    return jsonify(said=MARKED if errors else " ".join(said), errors=errors)


def _campaign_id() -> int:
    """Return the campaign that the form or its address names, or 0."""
    text = request.form.get("campaign_id") or request.args.get("campaign_id", "")
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS:
        return int(text)
    return 0
