"""The application as a web process serves it."""

from flask import Flask

from app import create_app, metrics


def make() -> Flask:
    """Make the application and let this process tell what it counts."""
    app = create_app()
    metrics.start(app)
    return app
