"""Who a request comes from and what they may open: FAB's security manager, kept small.

Roles live in code (FAB_ROLES), and no permission is looked up in the database. Form
and `/api/auth` share limits and families: what ends a family ends token and session.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from flask import Flask, Response, g, request, session
from flask_appbuilder.security.sqla.manager import (
    SecurityManager as FabSecurityManager,
)
from flask_appbuilder.security.sqla.models import User
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    verify_jwt_in_request,
)

from app.domain.errors import TooMany
from app.domain.people import STAFF, Actor
from app.limiting import wait_s
from app.login_view import FAMILY, LoginView
from app.problem import UNKNOWN_KEY, NotLoggedIn, problem, unauthorized
from app.services.api_keys import open_key
from app.services.auth import Opened, active_user, authenticate, session_user
from app.services.lookup import read_uuid
from app.services.people import membership_of, role_of
from app.services.policy import policy
from app.services.user_rules import ADMIN, OPERATOR, PARTNER, VENDOR
from config import Settings

ACCESS_S = 600
UNKNOWN_KEYS = "60/minute"

# What an operator opens, by the words that names of views begin with. Users,
# providers, keys, payouts and settings are not among them.
OPERATOR_VIEWS = (
    r"(Campaign|LandingPage|Source|Vendor|Partner|Endpoint|Subscription|Lead"
    r"|Transaction|Money(?!Order)|Return|Delivery|Refusal|Review|Ledger|Integrity|Switch"
    r"|Dashboard|Sandbox|OpenApi|Swagger)"
)
OPERATOR_MENUS = (
    r"(?!(User|Provider|ApiKey|AuditLog|Payout|Setting|Security"
    r"|Buying|Selling|Account))"
)
# Partners' screens are named Buying…, vendors' Selling…, what owners alone open of
# either Account…; staff have their own screens of the same rows.
STAFF_VIEWS = r"(?!(Buying|Selling|Account))"
READS = r"(can_(list|show|download)|menu_access)$"
ORDERS = r"can_(add|edit|pause|resume|notice)$"
RETURNS = r"can_(ask_return|answer)$"
ROLES: dict[str, list[list[str]]] = {
    ADMIN: [[STAFF_VIEWS, ".*"]],
    OPERATOR: [
        [OPERATOR_VIEWS, "can_"],
        ["MoneyOrder", r"can_(list|show|get)$"],
        [OPERATOR_MENUS, "menu_access$"],
    ],
    PARTNER: [],
    VENDOR: [],
    f"{PARTNER} viewer": [["Buying", READS]],
    f"{PARTNER} buyer": [
        ["Buying", READS],
        ["Buying(Subscription|Statement)", ORDERS],
        ["Buying(Lead|Return)", RETURNS],
    ],
    f"{PARTNER} owner": [["Buying", ".*"], ["Account", ".*"]],
    f"{VENDOR} viewer": [["Selling", READS]],
    f"{VENDOR} uploader": [["Selling", READS]],
    f"{VENDOR} owner": [["Selling", ".*"], ["Account", ".*"]],
}


@dataclass(frozen=True)
class Place:
    """What FAB asks of a role, where a person's is their place in a partner or vendor.

    No row in the database stands for it.
    """

    name: str
    id: int = 0


def fab_config(settings: Settings) -> dict[str, Any]:
    """Return what Flask-AppBuilder and its extensions read from the configuration."""
    key = hashlib.sha256(b"access tokens:" + settings.secret_key.encode())
    return {
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ROLES": ROLES,
        "FAB_ADD_MENU_API": False,
        # views.resources adds the document, with a description of its own.
        "FAB_API_SWAGGER_UI": False,
        "FAB_API_MAX_PAGE_SIZE": 100,
        "FAB_OPENAPI_SERVERS": [{"url": settings.public_url}],
        # Rates are counted by app.limiting alone.
        "RATELIMIT_ENABLED": False,
        "RATELIMIT_STORAGE_URI": "memory://",
        "JWT_SECRET_KEY": key.hexdigest(),
        "JWT_ALGORITHM": "HS256",
        "JWT_DECODE_ALGORITHMS": ["HS256"],
        "JWT_TOKEN_LOCATION": ["headers"],
        "JWT_ACCESS_TOKEN_EXPIRES": timedelta(seconds=ACCESS_S),
    }


class SecurityManager(FabSecurityManager):
    """FAB's manager without its screens, its APIs and its queries."""

    def register_views(self) -> None:
        """Register the log-in and log-out; users are managed elsewhere."""
        self.auth_view = LoginView()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def create_jwt_manager(self, app: Flask) -> JWTManager:
        """Return the keeper of access tokens, whose refusals are problems."""
        manager = JWTManager(app)
        manager.user_lookup_loader(self.load_user_jwt)
        manager.unauthorized_loader(_no_token)
        manager.invalid_token_loader(lambda _reason: unauthorized())
        for refuse in (
            manager.expired_token_loader,
            manager.user_lookup_error_loader,
            manager.revoked_token_loader,
        ):
            refuse(lambda _header, _data: unauthorized("This token has ended."))
        return manager

    def load_user(self, pk: int) -> User | None:
        """Return the session's user, unless what they logged in to has ended."""
        family = read_uuid(session.get(FAMILY))
        return session_user(int(pk), family) if family else None

    def load_user_jwt(self, _header: object, data: dict[str, Any]) -> User | None:
        """Return the access token's user, unless its family has ended."""
        family = read_uuid(data.get("family"))
        user = active_user(int(data["sub"]), family) if family else None
        if user is not None:
            g.user = user
        return user

    def auth_user_db(self, username: str, password: str) -> User | None:
        """Return the user who logs in with the email and password, or None."""
        verified = authenticate(username, password)
        return verified.user if verified else None

    def is_item_public(self, _permission_name: str, _view_name: str) -> bool:
        """Say that nothing FAB generates is public."""
        return False

    def get_public_role(self) -> None:
        """Return nothing: who is not logged in has no role."""

    def get_public_permissions(self) -> list[object]:
        """Return nothing: who is not logged in has no permission."""
        return []

    def get_user_roles(self, user: User) -> list[object]:
        """Return the role of a logged-in user; there are no groups here.

        A partner's or vendor's is narrowed to what the person is within it.
        """
        if not user.is_authenticated:
            return []
        member = current_actor().member
        if member is None:
            return list(user.roles)
        return [Place(f"{role.name} {member.name}") for role in user.roles]

    def exist_permission_on_roles(self, *_: object) -> bool:
        """Say that no permission is kept in the database."""
        return False

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """Return the menu entries that the session's user may see."""
        if not g.user.is_authenticated:
            return set()
        found = self._get_user_permission_view_menus(g.user, "menu_access", menu_names)
        return cast(set[str], found)


def _no_token(_reason: str) -> Response:
    """Refuse a call without a token: 403 to a key, which opens nothing there."""
    if open_key(request.headers.get("X-Api-Key", "")) is None:
        return unauthorized()
    return problem(403, "not_allowed", "An API key does not open this.")


def actor_of(user: User) -> Actor:
    """Return who a logged-in user acts as."""
    role = role_of(user)
    if role in STAFF:
        return Actor(role=role, user_id=user.id)
    place = membership_of(user.id)
    if place is None:
        return Actor(role, user.id)
    return Actor(role, user.id, place.partner_id, place.vendor_id, place.role)


def current_actor() -> Actor:
    """Return the actor of this request, by session or by token.

    Raises NotLoggedIn. A blueprint outside FAB calls `require_token` before.
    """
    user = g.get("user")
    if user is None or not user.is_authenticated:
        raise NotLoggedIn("Log in first.")
    if "actor" not in g or g.actor.user_id != user.id:
        g.actor = actor_of(user)
    return cast(Actor, g.actor)


def require_token() -> Actor:
    """Return the actor of the request's access token; else it is answered 401."""
    verify_jwt_in_request()
    return current_actor()


def require_caller() -> Actor:
    """Return who calls, by access token or by API key; else it is answered 401.

    Raises TooMany where a key called too often, or an address with unknown keys.
    """
    key = request.headers.get("X-Api-Key")
    if key is None or "Authorization" in request.headers:
        return require_token()
    actor = open_key(key)
    if actor is not None:
        _count_call(actor)
        return actor
    if wait := wait_s(UNKNOWN_KEYS, "unknown key", request.remote_addr or ""):
        raise TooMany("Too many unknown keys came from here.", wait)
    raise NotLoggedIn("This key opens nothing, or no longer.", UNKNOWN_KEY)


def _count_call(actor: Actor) -> None:
    if wait := wait_s(policy.api_per_key, "api key", str(actor.key_id)):
        raise TooMany("Too many calls with this key; try again later.", wait)


def access_token(opened: Opened) -> str:
    """Return an access token of a log-in, good for ACCESS_S seconds."""
    token: str = create_access_token(
        identity=str(opened.user_id),
        additional_claims={"family": str(opened.family_id)},
    )
    return token
