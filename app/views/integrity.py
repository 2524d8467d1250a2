"""The integrity page: what the auditor's last run of each check found, and where."""

import re
from datetime import UTC, datetime, timedelta

from flask import url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access
from markupsafe import Markup, escape

from app.db import db
from app.models.ledger import Account, Posting
from app.services.integrity import last_results
from app.views.entries import account_name
from app.views.formats import moment, words

# A run follows the last one by a minute, or by as long as its checks take.
LATE = timedelta(minutes=5)
SCREENS = {
    "delivery": "DeliveryScreen",
    "entry": "PaymentScreen",
    "lead": "LeadScreen",
    "money_order": "MoneyOrderScreen",
    "partner": "PartnerScreen",
    "return": "ReturnScreen",
    "subscription": "SubscriptionScreen",
    "transaction": "TransactionScreen",
    "vendor": "VendorScreen",
}
NAMED = re.compile(rf"\b({'|'.join(SCREENS)}|account|posting) (\d+)\b")


class IntegrityScreen(BaseView):
    """What may never happen, as it was found last."""

    route_base = "/integrity"
    class_permission_name = "Integrity"
    default_view = "list"

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Show what the last run of every check found; the clock runs them."""
        checks = last_results()
        last = min((check.at for check in checks), default=None)
        return str(
            self.render_template(
                "screens/integrity.html",
                title="Integrity",
                checks=checks,
                last=last,
                is_late=last is not None and datetime.now(UTC) - last > LATE,
                linked=linked,
                moment=moment,
                words=words,
            )
        )


def linked(detail: str) -> Markup:
    """Return what a check found, each row leading to the screen that shows it."""
    return Markup(NAMED.sub(_link, str(escape(detail))))  # noqa: S704 - escaped


def _link(found: re.Match[str]) -> str:
    kind, number = found[1], int(found[2])
    if kind == "account":
        return _account(found[0], db.session.get(Account, number))
    if kind == "posting":
        line = db.session.get(Posting, number)
        return _to("entry", line.entry_id, found[0]) if line else found[0]
    return _to(kind, number, found[0])


def _account(name: str, account: Account | None) -> str:
    """Lead to whose account it is: an account has no screen of its own."""
    if account is None:
        return name
    text = f"{name} ({account_name(account)})"
    if account.partner_id is not None:
        return _to("partner", account.partner_id, text)
    if account.vendor_id is not None:
        return _to("vendor", account.vendor_id, text)
    return text


def _to(kind: str, number: int, text: str) -> str:
    url = url_for(f"{SCREENS[kind]}.show", pk=number)
    return Markup('<a href="{}">{}</a>').format(url, text)
