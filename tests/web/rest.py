"""Bodies that the resources accept, and the shortest way to make rows of them."""

from typing import Any

from flask import g
from flask.testing import FlaskClient

CAMPAIGN = {"name": "Solar", "slug": "solar", "price_cents": 2500, "currency": "USD"}
PARTNER = {"name": "North", "currency": "USD"}
VENDOR = {"name": "Bright", "currency": "USD"}

Headers = dict[str, str]


def make(
    client: FlaskClient, headers: Headers, path: str, **body: Any
) -> dict[str, Any]:
    """Create a row and return what is shown of it."""
    answer = client.post(f"/api/v1/{path}/", json=body, headers=headers)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    result: dict[str, Any] = answer.json["result"]
    return result


def fields_refused(answer: Any) -> set[str]:
    """Return the names of the fields that a 422 tells of."""
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    return {error["field"] for error in answer.json["errors"]}


def forget_caller() -> None:
    """Drop what the last request left: a test's context outlives its requests."""
    for name in list(g):
        g.pop(name)
