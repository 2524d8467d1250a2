"""The screens of partners and vendors: what is theirs, and nothing else.

`MENU` is their site map; a screen's permission name says whose it is (app.security).
"""

from flask_appbuilder import AppBuilder

from app.views.portal.campaigns import BuyingCampaignScreen
from app.views.portal.endpoints import BuyingEndpointScreen
from app.views.portal.keys import AccountKeyScreen
from app.views.portal.purchases import BuyingLeadScreen
from app.views.portal.refused import SellingRefusalScreen
from app.views.portal.returns import BuyingReturnScreen
from app.views.portal.sales import SellingSaleScreen
from app.views.portal.sent import SellingLeadScreen
from app.views.portal.sources import SellingSourceScreen
from app.views.portal.statement import BuyingStatementScreen, SellingStatementScreen
from app.views.portal.subscriptions import BuyingSubscriptionScreen
from app.views.portal.team import AccountTeamScreen

MENU = (
    ("Buying", "Leads", BuyingLeadScreen, "Leads received"),
    ("Buying", "Leads", BuyingReturnScreen, "Returns"),
    ("Buying", "Leads", BuyingCampaignScreen, "Campaigns"),
    ("Buying", "Leads", BuyingSubscriptionScreen, "Subscriptions"),
    ("Buying", "Delivery", BuyingEndpointScreen, "Endpoints"),
    ("Buying", "Money", BuyingStatementScreen, "Wallet"),
    ("Selling", "Leads", SellingLeadScreen, "Leads sent"),
    ("Selling", "Leads", SellingRefusalScreen, "Refused posts"),
    ("Selling", "Leads", SellingSourceScreen, "Sources"),
    ("Selling", "Money", SellingSaleScreen, "Sales"),
    ("Selling", "Money", SellingStatementScreen, "Statement"),
    ("Account", "Account", AccountKeyScreen, "API keys"),
    ("Account", "Account", AccountTeamScreen, "Team"),
)


def register(appbuilder: AppBuilder) -> None:
    """Add every screen, in the order of the menu."""
    for side, group, screen, label in MENU:
        appbuilder.add_view(
            screen,
            f"{screen.class_permission_name} menu",
            label=label,
            category=f"{side} {group} group",
            category_label=group,
        )
