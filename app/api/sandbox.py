"""The sandbox's receiving end: answers a hand-over as a partner's server would."""

from flask import Blueprint, Response, make_response, request

from app.domain.errors import InvalidInput
from app.headers import csrf
from app.problem import problem
from app.services.sandbox import NotWellFormed, receive

MAX_BODY = 64 * 1024
# Outcome by name: the status it is answered with.
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


def _answer(outcome: str, is_xml: bool) -> Response:
    if is_xml:
        text = f"<reply><outcome>{outcome}</outcome></reply>"
        answer = make_response(text, OUTCOMES[outcome])
        answer.content_type = "application/xml"
    else:
        answer = make_response({"outcome": outcome}, OUTCOMES[outcome])
    if outcome == "busy":
        answer.headers["Retry-After"] = "2"
    return answer
