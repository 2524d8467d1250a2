"""What the documents say of calls that are no doors: posting, log-in, health."""

from typing import Any

from apispec import APISpec

from app.domain.people import Role
from app.domain.states import ApprovalStatus, LeadStatus, ValidationStatus
from app.openapi import (
    BODY,
    ID,
    ONCE,
    TEXT,
    TIME,
    TRUTH,
    WHOLE,
    Json,
    answer,
    as_json,
    nullable,
    object_of,
    path_of,
    path_parameters,
    refusals,
    request_body,
)

POSTING_KEY = {
    "in": "header",
    "name": "X-Api-Key",
    "required": True,
    "description": "The source's key.",
    "schema": TEXT,
}
CONSENT = object_of(
    text=TEXT,
    given_at=TIME,
    url=nullable(TEXT),
    ip=nullable(TEXT),
    certificate_url=nullable(TEXT),
)
CONTACT = (
    *("first_name", "last_name", "email", "phone"),
    *("address", "city", "state", "zip", "country", "industry", "sub_id"),
)
LEAD: Json = {
    "type": "object",
    "description": "What /docs/post/<slug> tells of the campaign; more is kept aside.",
    "properties": {
        **dict.fromkeys(CONTACT, nullable(TEXT)),
        "fields": nullable({"type": "object"}),
        "test": TRUTH,
        "consent": CONSENT,
    },
}
FORM = "application/x-www-form-urlencoded"
TAKEN = object_of(
    ["id", "status", "due_at", "status_url"],
    id={**TEXT, "format": "uuid"},
    status=TEXT,
    due_at=nullable(TIME),
    status_url=TEXT,
)
FATE = object_of(
    ["id", "status", "validation_status", "sold", "due_at", "delivered_at", "reason"],
    id={**TEXT, "format": "uuid"},
    status={"enum": list(LeadStatus.__members__)},
    validation_status={"enum": list(ValidationStatus.__members__)},
    approval_status={"enum": list(ApprovalStatus.__members__)},
    sold=WHOLE,
    due_at=nullable(TIME),
    delivered_at=nullable(TIME),
    reason=nullable(TEXT),
)
PAIR = object_of(
    ["access_token", "refresh_token", "token_type", "expires_in"],
    access_token=TEXT,
    refresh_token=TEXT,
    token_type={"enum": ["Bearer"]},
    expires_in=WHOLE,
)
ROLE = {"enum": [role.name for role in Role]}
ME = object_of(
    ["id", "email", "role", "partner_id", "vendor_id"],
    id=ID,
    email=TEXT,
    role=ROLE,
    partner_id=nullable(ID),
    vendor_id=nullable(ID),
)
WISH = object_of(
    ["id", "email", "role", "status"], id=ID, email=TEXT, role=ROLE, status=TEXT
)
READY = object_of(
    ["database", "queue", "oldest_due_s"],
    database=TEXT,
    queue={"enum": ["ok", "degraded"]},
    oldest_due_s=nullable(WHOLE),
)
TOKEN = [{"token": list[str]()}]
RATED = BODY | {429}


def add_public(spec: APISpec) -> None:
    """Describe posting, log-in and health in the document."""
    _add(spec, "post", "/api/campaigns/<slug>/leads", "Post a lead.", _posting())
    fate = {"200": answer(FATE), **refusals({401, 404, 429})}
    _add(
        spec,
        "get",
        "/api/leads/<public_id>/status",
        "Tell how a lead of one's own fares.",
        {"parameters": [POSTING_KEY], "responses": fate},
    )
    for name, status, shape, refuses, texts in LOG_IN:
        call: Json = {"responses": {str(status): answer(shape), **refusals(refuses)}}
        if texts:
            required = [text for text in texts if text != "totp"]
            body = object_of(required, **dict.fromkeys(texts, TEXT))
            call["requestBody"] = request_body({**body, "additionalProperties": True})
        if not texts or name == "password":
            call["security"] = TOKEN
        method = "get" if name == "me" else "post"
        _add(spec, method, f"/api/auth/{name}", f"{TITLES[name]}.", call)
    for path, summary, answers in HEALTH:
        _add(spec, "get", path, summary, {"responses": answers})


# Name, status, answer, refusals, texts of the body.
LOG_IN: tuple[tuple[str, int, Json | None, frozenset[int], tuple[str, ...]], ...] = (
    (
        *("register", 201, WISH, RATED),
        ("email", "password", "name", "company", "role"),
    ),
    ("login", 200, PAIR, RATED | {401}, ("email", "password", "totp")),
    ("refresh", 200, PAIR, BODY | {401}, ("refresh_token",)),
    ("logout", 204, None, BODY, ("refresh_token",)),
    ("logout-everywhere", 204, None, frozenset({401}), ()),
    ("password", 204, None, RATED | {401}, ("current", "password")),
    ("forgot", 202, object_of(["status"], status=TEXT), RATED, ("email",)),
    ("reset", 204, None, RATED, ("token", "password")),
    ("me", 200, ME, frozenset({401}), ()),
)
TITLES = {
    "register": "Ask for an account",
    "login": "Log in; `totp` is the code of a second factor",
    "refresh": "Spend a refresh token for a new pair",
    "logout": "End the log-in of a refresh token",
    "logout-everywhere": "End every log-in of one's own",
    "password": "Change one's password, which ends every log-in",
    "forgot": "Ask for a link for a new password",
    "reset": "Set a new password by the token of a link",
    "me": "Tell who one is",
}
PLAIN: Json = {"description": "Done.", "content": {"text/plain": {"schema": TEXT}}}
HEALTH: tuple[tuple[str, str, Json], ...] = (
    (
        *("/healthz", "Tell that the web server lives."),
        {"200": answer(object_of(["status"], status={"enum": ["ok"]}))},
    ),
    (
        *("/readyz", "Tell whether the database is there and migrated."),
        {"200": answer(READY), "503": answer(READY, "Not ready.")},
    ),
    ("/metrics", "Tell Prometheus what is counted.", {"200": PLAIN}),
    (
        *("/api/openapi.json", "Tell partners and vendors what there is."),
        {"200": answer({"type": "object"})},
    ),
)


def _posting() -> Json:
    content: Any = {**as_json(LEAD), FORM: {"schema": LEAD}}
    return {
        "parameters": [POSTING_KEY, ONCE],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "201": answer(TAKEN, "Stored."),
            "200": answer(TAKEN, "It came before: the first answer again."),
            **refusals({400, 401, 404, 409, 410, 413, 415, 422, 429}),
        },
    }


def _add(spec: APISpec, method: str, rule: str, summary: str, call: Json) -> None:
    tag = "log-in" if rule.startswith("/api/auth") else "operations"
    tag = "posting" if "lead" in rule else tag
    operation = {"tags": [tag], "summary": summary, "security": [], **call}
    operation["operationId"] = f"{method}{path_of(rule).replace('/', '_')}"
    operation["parameters"] = path_parameters(rule) + call.get("parameters", [])
    spec.path(path=path_of(rule), operations={method: operation})
