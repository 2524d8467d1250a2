"""The public pages of campaigns: small templates, no session, no inline script."""

from flask import Flask

from app.headers import csrf
from app.landing import pages, posting


def register(app: Flask) -> None:
    """Add the landing pages and the posting instructions."""
    # A page is cacheable, so it bears no token: its posts are checked by their origin.
    csrf.exempt(pages.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(posting.blueprint)
