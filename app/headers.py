"""The security headers of every answer, and the form tokens of every screen."""

import secrets

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app.assets import is_current_asset
from app.settings import settings

csrf = CSRFProtect()

# `style-src-attr` is the one concession: FAB's widgets carry inline styles, which
# cannot run script.
SCREENS = (
    "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic'; "
    "style-src-elem 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {framers}"
)
PROGRAMS = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Cache-Control", "no-store"),
)
STRICT = "Strict-Transport-Security"
HSTS = "max-age=31536000; includeSubDomains"
PUBLIC = "/l/"
FOR_EVER = "public, max-age=31536000, immutable"


def csp_nonce() -> str:
    """Return this request's nonce, made when first asked for."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def init_app(app: Flask) -> None:
    """Protect forms, trust as many proxies as set, send the headers."""
    csrf.init_app(app)
    # A Jinja global, not a context processor: FAB renders widgets without one.
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(_headers)
    if count := app.config["SETTINGS"].trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )


def for_programs() -> tuple[tuple[str, str], ...]:
    """Return the headers that say that an answer to a program is no page."""
    return (*PROGRAMS, (STRICT, HSTS)) if settings.is_https else PROGRAMS


def _headers(response: Response) -> Response:
    is_public = request.path.startswith(PUBLIC)
    framers = " ".join(settings.cors_origins) if is_public else ""
    policy = PAGES.format(framers=framers or "'none'")
    if not is_public:
        policy = SCREENS.format(nonce=csp_nonce())
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if not framers:
        response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    if is_current_asset():
        response.headers["Cache-Control"] = FOR_EVER
    elif not is_public and not request.path.startswith(("/static/", "/assets/")):
        response.headers.setdefault("Cache-Control", "no-store")
    if settings.is_https:
        response.headers.setdefault(STRICT, HSTS)
    return response
