"""A lead on the left, the request as it will be sent on the right, and a test of it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import (
    Response,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access, permission_name
from lxml import etree
from werkzeug.wrappers import Response as AnyResponse

from app.domain.errors import LeadNexusError, TooMany
from app.gateways.delivery import formats
from app.limiting import wait_s
from app.models.partner import Endpoint
from app.security import current_actor
from app.services.trial import (
    TRIALS,
    Draft,
    Preview,
    Trial,
    leads_to_show,
    preview_endpoint,
    try_endpoint,
)
from app.views.editors.base import EditorField
from app.views.formats import chip, moment, reason
from app.views.forms import bind_form, make_form
from app.views.labels import HELP, LABELS
from app.views.presets import begin_with
from app.views.rules import replies_in_words

MAPPED = ("format", "mapping", "reply_rules")
# As often as a quick typist pauses.
LOOKS = "90/minute"
FORM = re.compile(r"[^\s=&<]+=[^\s=&]*(&[^\s=&]+=[^\s=&]*)*")
TEXTS: Mapping[str, Any] = {"chip": chip, "reason": reason, "moment": moment}


class MapsLeads:
    """The screen of endpoints on which a mapping is seen at work; stands left of it."""

    @expose("/map/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("edit")
    def map(self, pk: str) -> str | AnyResponse:
        """Edit how leads are translated, beside what comes of it."""
        view: Any = self
        endpoint = view.get_or_404(pk)
        key, name = endpoint.id, str(endpoint)
        form = mapping_form(endpoint)
        todo = request.form.get("do")
        back = url_for(f"{view.endpoint}.show", pk=key)
        if todo == "save":
            saved = view.submitted(form, lambda: _change(view, endpoint, form))
            if saved is not None:
                flash("Endpoint saved.", "success")
                return redirect(back)
        elif request.method == "GET":
            begin_with(form)
        trial = view.try_at(form, lambda: _tried(key, form)) if todo == "test" else None
        shown = None if form.errors else view.try_at(form, lambda: _seen(key, form))
        return str(
            view.render(
                "screens/mapping.html",
                f"Mapping of {name}",
                form=form,
                leads=leads_to_show(key, current_actor()),
                chosen=request.values.get("lead", ""),
                trial=trial,
                back=back,
                preview_url=url_for(f"{view.endpoint}.preview", pk=key),
                **parts_of(shown),
                **words_of(trial, form["reply_rules"].data),
            )
        )

    @expose("/preview/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def preview(self, pk: str) -> tuple[Response, int]:
        """Answer what comes of a mapping while it is typed; each error at its input."""
        view: Any = self
        endpoint = view.get_or_404(pk)
        if wait_s(LOOKS, "preview", str(g.user.id)):
            said = "That was often enough; it goes on in a minute."
            return jsonify(said=said, errors=[]), 429
        key, form = endpoint.id, mapping_form(endpoint)
        shown = view.try_at(form, lambda: _seen(key, form))
        if shown is None:
            return jsonify(said=_said(form), errors=_errors(form)), 200
        parts = {
            name: render_template(f"screens/mapped_{name}.html", **parts_of(shown))
            for name in ("lead", "request")
        }
        return jsonify(said="", errors=[], **parts), 200

    @expose("/test/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def test(self, pk: str) -> str | AnyResponse:
        """Send a made-up lead to the endpoint as it is stored, and show what came."""
        view: Any = self
        endpoint = view.get_or_404(pk)
        number, name, rules = endpoint.id, str(endpoint), endpoint.reply_rules
        back = url_for(f"{view.endpoint}.show", pk=number)
        try:
            _within_rate(number)
            trial = try_endpoint(number, current_actor())
        except LeadNexusError as refusal:
            flash(refusal.message, "danger")
            return redirect(back)
        texts = {**words_of(trial, rules), "readable": readable, "back": back}
        title = f"Test of {name}"
        return str(view.render("screens/trial.html", title, trial=trial, **texts))


def mapping_form(endpoint: Endpoint) -> DynamicForm:
    """Return the form of what translates leads, as stored or as sent."""
    made = make_form(Endpoint, MAPPED, LABELS, HELP, {})
    return bind_form(made.refresh(obj=endpoint), endpoint)


def parts_of(shown: Preview | None) -> dict[str, Any]:
    """Return what the templates of both sides show of a preview."""
    values = [] if shown is None else list(named_values(shown.lead))
    return {"preview": shown, "values": values, "readable": readable, "show": show}


def words_of(trial: Trial | None, rules: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return what the template of a trial shows; the rule that decided, in words."""
    rule = trial.rule if trial else None
    told = replies_in_words([rules[rule - 1]]) if rule else None
    return {**TEXTS, "decided_by": told}


def named_values(lead: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield a lead's values under the names by which a mapping calls them."""
    for name, value in lead.items():
        if isinstance(value, Mapping):
            prefix = "" if name == "contact" else f"{name}."
            yield from ((f"{prefix}{key}", inner) for key, inner in value.items())
        else:
            yield name, value


def show(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a value as it stands in JSON; a text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def readable(body: str) -> str:
    """Return a body on lines of its own: JSON and XML indented, a form's pairs."""
    if body.startswith("<"):
        try:
            parser = etree.XMLParser(resolve_entities=False, remove_blank_text=True)
            tree = etree.fromstring(body.encode(), parser).getroottree()
            return str(etree.tostring(tree, pretty_print=True, encoding="unicode"))
        except etree.XMLSyntaxError:
            return body
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        if not FORM.fullmatch(body):
            return body
        pairs = parse_qsl(body, keep_blank_values=True)
        return "\n".join(f"{name} = {value}" for name, value in pairs)


def _change(view: Any, endpoint: Endpoint, form: DynamicForm) -> Endpoint:  # noqa: ANN401
    for name in MAPPED:
        setattr(endpoint, name, form[name].data)
    view.datamodel.edit(endpoint)
    return endpoint


def _seen(endpoint_id: int, form: DynamicForm) -> Preview:
    lead = request.values.get("lead") or None
    return preview_endpoint(endpoint_id, current_actor(), _draft(form), lead)


def _tried(endpoint_id: int, form: DynamicForm) -> Trial:
    draft = _draft(form)
    _within_rate(endpoint_id)
    return try_endpoint(endpoint_id, current_actor(), draft)


def _draft(form: DynamicForm) -> Draft:
    """Return what is typed; raises LeadNexusError where the inputs make no value."""
    wrong = [error for name in MAPPED for error in form[name].process_errors]
    if wrong or form["format"].data not in formats():
        raise LeadNexusError(" ".join(map(str, wrong)) or "Choose a format.")
    return Draft(*(form[name].data for name in MAPPED))


def _within_rate(endpoint_id: int) -> None:
    if wait := wait_s(TRIALS, "endpoint trial", str(endpoint_id)):
        raise TooMany("That was often enough; try again in a minute.", wait)


def _said(form: DynamicForm) -> str:
    told = [error for field in form for error in field.errors]
    return " ".join(map(str, [*told, *form.form_errors]))


def _errors(form: DynamicForm) -> list[dict[str, str]]:
    return [
        {"name": name, "said": " ".join(messages)}
        for field in form
        if isinstance(field, EditorField)
        for name, messages in field.errors_by_input().items()
    ]
