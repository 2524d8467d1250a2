"""JSON for sources, partners and vendors: parse, call a service, answer."""

from flask import Flask

from app import problem
from app.api import auth, intake, operations, sandbox


def register(app: Flask) -> None:
    """Add every blueprint of the API, and how its refusals read."""
    problem.init_app(app)
    for module in (intake, auth, operations, sandbox):
        app.register_blueprint(module.blueprint)
