"""Who calls the partners' and vendors' API: people with tokens, programs with keys."""

from flask import Flask
from flask_appbuilder.security.sqla.models import User

from app.models.api_key import ApiKey
from app.models.partner import Partner
from app.models.vendor import Vendor
from app.services.api_keys import make_key
from app.services.users import save_user
from tests.conftest import PASSWORD, SYSTEM
from tests.factories import STAFF

Headers = dict[str, str]
_count = iter(range(1, 10**9))


def member(app: Flask, owner: Partner | Vendor, role: str = "owner") -> Headers:
    """Return the header of a new person of that partner or vendor."""
    email = f"person{next(_count)}@example.com"
    kind = "client" if isinstance(owner, Partner) else "vendor"
    side = "partner_id" if kind == "client" else "vendor_id"
    user = User(email=email, password=PASSWORD)
    vars(user).update({"role": kind, side: owner.id, "member_role": role})
    save_user(user, SYSTEM)
    body = {"email": email, "password": PASSWORD}
    answer = app.test_client().post("/api/auth/login", json=body)
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def program(owner: Partner | Vendor, *scopes: str) -> Headers:
    """Return the header of a new key of that partner or vendor."""
    side = "partner_id" if isinstance(owner, Partner) else "vendor_id"
    key = ApiKey(name="program", scopes=list(scopes or ["read"]), **{side: owner.id})
    return {"X-Api-Key": make_key(key, STAFF)["api_key"]}
