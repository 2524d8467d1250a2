"""JSON for sources, partners and vendors: parse, call a service, answer."""

from flask import Flask

from app import problem
from app.api import (
    auth,
    document,
    intake,
    keys,
    money,
    operations,
    purchases,
    returns,
    sandbox,
    subscriptions,
    vendors,
)

DOORS = (
    keys.doors,
    purchases.doors,
    returns.doors,
    money.partners,
    money.vendors,
    subscriptions.doors,
    vendors.doors,
)


def register(app: Flask) -> None:
    """Add every blueprint of the API, and how its refusals read."""
    problem.init_app(app)
    for module in (intake, auth, operations, sandbox, document):
        app.register_blueprint(module.blueprint)
    for doors in DOORS:
        app.register_blueprint(doors.blueprint)
    app.extensions["appbuilder"].add_api(document.PortalDocument)
