"""The landing pages: shown without a session, taken in with one POST.

A post is checked by its origin, its honeypot and the signed time of its form; what
the intake refuses comes back with the typed values and the error at its field.
"""

import math
import random
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask import url_for as url_of
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from app.domain.errors import (
    Conflict,
    FieldError,
    Gone,
    InvalidInput,
    LeadNexusError,
    NotAllowed,
    NotFound,
    TooMany,
)
from app.landing.answers import body_of, inputs_of
from app.landing.stamps import new_stamp, why_unfit
from app.limiting import wait_s
from app.problem import is_program, problem, refused
from app.services.intake import take_page_lead
from app.services.lookup import read_uuid
from app.services.pages import PublicPage, pick_page, public_page
from app.services.policy import policy
from app.settings import settings

MAX_BODY = 64 * 1024
MAX_SUB_ID = 200
HONEYPOT = "company_fax"
CACHED = "public, max-age=60"
STATUS = {NotFound: 404, Gone: 410, NotAllowed: 403, InvalidInput: 422, Conflict: 409}

blueprint = Blueprint("pages", __name__, url_prefix="/l")


@blueprint.get("/<campaign>/")
def any_page(campaign: str) -> AnyResponse:
    """Show one of the campaign's active pages, by weight; the query goes with it."""
    page = pick_page(campaign, random.random())  # noqa: S311 - no secret
    url = url_of("pages.show", campaign=campaign, page=page.slug)
    # Not as arguments of the address: some of their names mean something there.
    query = urlencode(list(request.args.items(multi=True)))
    answer = redirect(f"{url}?{query}" if query else url)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/<campaign>/<page>")
def show(campaign: str, page: str) -> Response:
    """Show the page; the same for everybody, so that it may be cached."""
    answer = _rendered(public_page(campaign, page), MultiDict(), [])
    answer.headers["Cache-Control"] = CACHED
    return answer


@blueprint.post("/<campaign>/<page>")
def take(campaign: str, page: str) -> AnyResponse:
    """Take the enquiry in and thank, or show the page again with what is wrong."""
    request.max_content_length = MAX_BODY
    shown = public_page(campaign, page)
    _check_origin()
    rate, address = policy.landing_per_address, request.remote_addr or ""
    if seconds := wait_s(rate, "landing", str(shown.id), address):
        return _too_many(seconds)
    if request.form.get(HONEYPOT):
        # A program filled what no person sees: it is thanked, and nothing is kept.
        return _thank(shown, None)
    if reason := why_unfit(request.form.get("opened", ""), shown.id):
        if is_program():
            raise InvalidInput.one("opened", "expired", reason)
        return _rendered(shown, request.form, [], notice=reason, status=422)
    return _take_in(shown)


@blueprint.get("/<campaign>/<page>/thanks")
def thanks(campaign: str, page: str) -> str:
    """Say what happens next; the reference is the lead's public id."""
    reference = read_uuid(request.args.get("reference", ""))
    return render_template(
        "landing/thanks.html", page=public_page(campaign, page), reference=reference
    )


@blueprint.errorhandler(LeadNexusError)
def refuse(refusal: LeadNexusError) -> Response | tuple[str, int]:
    """Say to a person on a page, and to a program in JSON, why there is nothing."""
    status = next(
        (code for kind, code in STATUS.items() if isinstance(refusal, kind)), 400
    )
    if is_program():
        return refused(refusal)
    return make_response(
        render_template("landing/notice.html", text=refusal.message), status
    )


@blueprint.errorhandler(413)
def refuse_large(_: object) -> Response:
    """Say that the form was too long."""
    text = "That was too long to send."
    if is_program():
        return problem(413, "too_large", text)
    return make_response(render_template("landing/notice.html", text=text), 413)


def _take_in(shown: PublicPage) -> AnyResponse:
    form = request.form
    body = body_of(shown, form, request.base_url, request.remote_addr)
    if sub_id := request.args.get("sub_id"):
        body["sub_id"] = sub_id[:MAX_SUB_ID]
    try:
        taken = take_page_lead(shown.id, body)
    except InvalidInput as refusal:
        if is_program():
            raise
        return _rendered(shown, form, refusal.errors, status=422)
    except Conflict as refusal:
        if refusal.code != "duplicate":
            raise
        # Whether somebody enquired before is nobody else's business.
        return _thank(shown, None)
    return _thank(shown, str(taken.public_id))


def _rendered(
    page: PublicPage,
    form: MultiDict[str, str],
    errors: list[FieldError],
    notice: str = "",
    status: int = 200,
) -> Response:
    inputs = inputs_of(page, form, errors)
    at_fields = {item.error for item in inputs}
    html = render_template(
        f"landing/{page.template}.html",
        page=page,
        inputs=inputs,
        notice=notice,
        others=[e.message for e in errors if e.field in ("body", "fields", "sub_id")],
        has_errors=bool(errors and at_fields),
        # Whoever mends a mistake has had the form open since the first time.
        stamp=form["opened"] if errors else new_stamp(page.id),
        honeypot=HONEYPOT,
    )
    return make_response(html, status)


def _thank(shown: PublicPage, reference: str | None) -> AnyResponse:
    url = url_of(
        "pages.thanks",
        campaign=shown.campaign_slug,
        page=shown.slug,
        reference=reference,
    )
    return redirect(url, 303)


def _check_origin() -> None:
    """Refuse a form that another site sent; raises NotAllowed."""
    origin = request.headers.get("Origin")
    if origin in settings.cors_origins:
        return
    ours = (request.host_url.rstrip("/"), settings.public_url)
    if request.headers.get("Sec-Fetch-Site") == "cross-site" or (
        origin is not None and origin not in ours
    ):
        raise NotAllowed("This form was sent from another site. Open the page again.")


def _too_many(seconds: float) -> Response:
    text = "Too many enquiries came from here. Please try again in a minute."
    if is_program():
        raise TooMany(text, seconds)
    answer = make_response(render_template("landing/notice.html", text=text), 429)
    answer.headers["Retry-After"] = str(math.ceil(seconds))
    return answer
