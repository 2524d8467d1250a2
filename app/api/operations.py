"""How the house fares, for machines: `/healthz`, `/readyz`, `/metrics`."""

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST

from app.services.measures import exposition
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


@blueprint.get("/metrics")
def metrics() -> Response:
    """Tell Prometheus what all processes counted and how the queues stand."""
    return Response(exposition(), content_type=CONTENT_TYPE_LATEST)
