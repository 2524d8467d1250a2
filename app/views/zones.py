"""On whose clock times are told, typed and counted.

A partner's caps and days are those of its own time zone, so its people read and type
times in that one, wherever they sit. Others have their browser's, and days of UTC.
"""

from zoneinfo import ZoneInfo

from flask import Flask, g

from app.db import db
from app.models.partner import Partner
from app.security import current_actor

UTC = ZoneInfo("UTC")


def init_app(app: Flask) -> None:
    """Let templates ask; as a global, for FAB renders widgets without a context."""
    app.jinja_env.globals["account_zone"] = account_zone


def account_zone() -> ZoneInfo | None:
    """Return the time zone of the reader's partner, None for everybody else."""
    user = g.get("user")
    if user is None or not user.is_authenticated:
        return None
    if "account_zone" not in g:
        # Held for the request, so that it is read from the database once.
        partner_id = current_actor().partner_id
        # So is the partner: the session lets go of rows that nobody holds.
        g.account = partner = partner_id and db.session.get(Partner, partner_id)
        g.account_zone = ZoneInfo(partner.timezone) if partner else None
    found: ZoneInfo | None = g.account_zone
    return found


def day_zone() -> ZoneInfo:
    """Return the time zone whose days the reader's lists are narrowed to."""
    return account_zone() or UTC
