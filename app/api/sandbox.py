"""The sandbox's receiving end: answers a hand-over as a partner's server would."""

import re

from flask import Blueprint, Response, make_response, request
from markupsafe import escape
from uuid_utils.compat import uuid7

from app.domain.errors import InvalidInput
from app.headers import csrf
from app.problem import problem
from app.services.sandbox import NotWellFormed, check_well_formed, receive

MAX_BODY = 64 * 1024
# Outcome by name: the status it is answered with.
BID = "25.00"
BIDS = re.compile(r"[\x20-\x7e]{1,40}")
OUTCOMES = {"accepted": 200, "duplicate": 200, "rejected": 200, "busy": 503}

blueprint = Blueprint("sandbox", __name__, url_prefix="/sandbox")
csrf.exempt(blueprint)


@blueprint.post("/<inbox>")
def take(inbox: str) -> Response:
    """Keep a hand-over and answer it; `?reply=` chooses the outcome."""
    request.max_content_length = MAX_BODY
    outcome = request.args.get("reply", "accepted")
    if outcome not in OUTCOMES:
        outcome = "accepted"
    is_xml = "xml" in (request.content_type or "")
    try:
        receive(
            inbox[:64],
            request.content_type or "",
            dict(request.headers),
            request.get_data(),
            outcome,
        )
    except NotWellFormed as refusal:
        return problem(400, refusal.code, refusal.message, refusal.errors)
    except InvalidInput as refusal:
        return problem(422, refusal.code, refusal.message, refusal.errors)
    return _answer(outcome, is_xml)


@blueprint.post("/<inbox>/ping")
def bid(inbox: str) -> Response:  # noqa: ARG001 - each inbox bids alike
    """Answer a ping with `?bid=`: in JSON, digits alone are a number of minor units.

    `?reply=none` bids nothing, `busy` asks to come later. Nothing of it is kept.
    """
    request.max_content_length = MAX_BODY
    is_xml = "xml" in (request.content_type or "")
    try:
        check_well_formed(request.content_type or "", request.get_data())
    except NotWellFormed as refusal:
        return problem(400, refusal.code, refusal.message, refusal.errors)
    reply = request.args.get("reply")
    if reply == "none":
        return make_response("", 204)
    if reply == "busy":
        return _answer("busy", is_xml)
    told = request.args.get("bid", "")
    told = told if BIDS.fullmatch(told) else BID
    ping_id = str(uuid7())
    if is_xml:
        text = (
            f"<reply><price>{escape(told)}</price><ping_id>{ping_id}</ping_id></reply>"
        )
        return _xml(make_response(text))
    return make_response(
        {"price": int(told) if told.isdecimal() else told, "ping_id": ping_id}
    )


def _answer(outcome: str, is_xml: bool) -> Response:
    if is_xml:
        text = f"<reply><outcome>{outcome}</outcome></reply>"
        answer = _xml(make_response(text, OUTCOMES[outcome]))
    else:
        answer = make_response({"outcome": outcome}, OUTCOMES[outcome])
    if outcome == "busy":
        answer.headers["Retry-After"] = "2"
    return answer


def _xml(answer: Response) -> Response:
    answer.content_type = "application/xml"
    return answer
