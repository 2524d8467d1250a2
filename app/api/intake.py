"""Taking a lead in: `POST /api/campaigns/<slug>/leads`, and asking after it."""

import json

from flask import Blueprint, Request, Response, g, jsonify, request
from werkzeug.datastructures import HeaderSet

from app.bodies import FORM, read_object_or_form
from app.domain.errors import LeadNexusError, NotFound, TooMany
from app.headers import csrf
from app.limiting import wait_s
from app.services.channels import Channel, channel_of_key
from app.services.intake import Taken, take_lead
from app.services.status import status_of
from app.services.trace import rfc3339
from app.settings import settings

MAX_BYTES = 64 * 1024
SENT_HEADERS = HeaderSet(["Content-Type", "X-Api-Key", "Idempotency-Key"])
PREFLIGHT_S = 600
UNKNOWN_KEYS = "60/minute"

blueprint = Blueprint("intake", __name__, url_prefix="/api")
csrf.exempt(blueprint)


class UnknownKey(LeadNexusError):  # noqa: N818 - named after what happened
    """No posting key, or one that opens nothing (401)."""

    code = "unknown_key"


@blueprint.post("/campaigns/<slug>/leads")
def post_lead(slug: str) -> Response:
    """Store a lead; `app.api.door` answers before Flask asks here."""
    return take(request, slug)


def take(request: Request, slug: str) -> Response:
    """Store a lead: 201, or 200 with the first answer where it came before."""
    channel = _channel(request)
    if channel.slug != slug:
        raise NotFound("This key opens no campaign of that name.")
    if wait := wait_s(f"{channel.per_minute}/minute", "source", str(channel.source_id)):
        raise TooMany("This source posts too often.", wait)
    key = request.headers.get("Idempotency-Key")
    body = read_object_or_form(request, MAX_BYTES)
    taken = take_lead(channel, body, key, as_text=request.mimetype == FORM)
    g.is_told = taken.is_new  # the lead's own line in the log tells of the request
    return Response(
        json.dumps(_answer(taken)) + "\n",
        201 if taken.is_new else 200,
        mimetype="application/json",
    )


@blueprint.after_request
def _share(answer: Response) -> Response:
    return share(request, answer) if request.endpoint == "intake.post_lead" else answer


def share(request: Request, answer: Response) -> Response:
    """Let the pages of CORS_ORIGINS post leads; no cookie goes with it."""
    if not settings.cors_origins:
        return answer
    answer.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin in settings.cors_origins:
        answer.access_control_allow_origin = origin
        if request.method == "OPTIONS":
            answer.access_control_allow_methods = HeaderSet(["POST"])
            answer.access_control_allow_headers = SENT_HEADERS
            answer.access_control_max_age = PREFLIGHT_S
    return answer


@blueprint.get("/leads/<public_id>/status")
def get_status(public_id: str) -> Response:
    """Tell a source how its lead fares, without a word of contact data."""
    return jsonify(status_of(public_id, _channel(request).source_id))


def _channel(request: Request) -> Channel:
    channel = channel_of_key(request.headers.get("X-Api-Key", ""))
    if channel is not None:
        return channel
    if wait := wait_s(UNKNOWN_KEYS, "unknown key", request.remote_addr or ""):
        raise TooMany("Too many unknown keys came from here.", wait)
    raise UnknownKey("Send the source's key as X-Api-Key.")


def _answer(taken: Taken) -> dict[str, str | None]:
    return {
        "id": str(taken.public_id),
        "status": taken.status,
        "due_at": rfc3339(taken.due_at),
        "status_url": f"{settings.public_url}/api/leads/{taken.public_id}/status",
    }
