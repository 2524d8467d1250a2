"""Whether the house is alive and ready: `/healthz`, `/readyz`."""

from flask import Blueprint, Response, jsonify

from app.services.readiness import readiness

blueprint = Blueprint("operations", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer as long as this process serves at all."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Answer 200 as long as PostgreSQL answers and migrations are at head."""
    found = readiness()
    return jsonify(found), 200 if found["database"] == "ok" else 503
