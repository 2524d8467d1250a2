"""FAB screens and REST resources, one file per menu entry.

`register` is the menu and the site map. Views hold class attributes and explicit
column lists; what they write goes through the services.
"""

from flask import current_app
from flask_appbuilder import AppBuilder

from app.views import portal, resources, suggestions, switches, zones
from app.views.audit import AuditScreen
from app.views.campaigns import CampaignScreen
from app.views.deliveries import DeliveryScreen
from app.views.endpoints import EndpointScreen
from app.views.home import HomeView
from app.views.integrity import IntegrityScreen
from app.views.landing_pages import LandingPageScreen
from app.views.leads import LeadScreen
from app.views.mail import MailScreen
from app.views.me import MyAccountView
from app.views.money_orders import MoneyOrderScreen
from app.views.money_report import MoneyReportView
from app.views.partners import PartnerScreen
from app.views.payments import PaymentScreen
from app.views.providers import ProviderScreen
from app.views.refusals import RefusalScreen
from app.views.registrations import RegistrationScreen
from app.views.reports import (
    CampaignReportView,
    LeadReportView,
    PartnerReportView,
    SalesReportView,
)
from app.views.reset import ResetView
from app.views.returns import ReturnScreen
from app.views.review import ReviewScreen
from app.views.sandbox import SandboxScreen
from app.views.settings import SettingScreen
from app.views.signup import SignUpView
from app.views.sources import SourceScreen
from app.views.subscriptions import SubscriptionScreen
from app.views.switches import SwitchScreen
from app.views.transactions import TransactionScreen
from app.views.users import UserScreen
from app.views.vendors import VendorScreen

__all__ = ["HomeView", "register"]

MENU = (
    ("Leads", LeadScreen, "Leads"),
    ("Leads", ReviewScreen, "Review"),
    ("Leads", RefusalScreen, "Refused posts"),
    ("Campaigns", CampaignScreen, "Campaigns"),
    ("Campaigns", LandingPageScreen, "Landing pages"),
    ("Campaigns", SourceScreen, "Sources"),
    ("Campaigns", VendorScreen, "Vendors"),
    ("Partners", PartnerScreen, "Partners"),
    ("Partners", EndpointScreen, "Endpoints"),
    ("Partners", SubscriptionScreen, "Subscriptions"),
    ("Money", TransactionScreen, "Transactions"),
    ("Money", PaymentScreen, "Payments"),
    ("Money", MoneyReportView, "Revenue and margin"),
    ("Money", MoneyOrderScreen, "Approvals"),
    ("Money", ReturnScreen, "Returns"),
    ("Reports", LeadReportView, "Leads over time"),
    ("Reports", SalesReportView, "Sales over time"),
    ("Reports", CampaignReportView, "Campaigns compared"),
    ("Reports", PartnerReportView, "Partners compared"),
    ("Operations", SwitchScreen, "Switches"),
    ("Operations", DeliveryScreen, "Deliveries"),
    ("Operations", SandboxScreen, "Sandbox"),
    ("Operations", ProviderScreen, "Providers"),
    ("Operations", IntegrityScreen, "Integrity"),
    ("Settings", SettingScreen, "Settings"),
    ("Settings", UserScreen, "Users"),
    ("Settings", RegistrationScreen, "Registrations"),
    ("Settings", AuditScreen, "Audit log"),
    ("Settings", MailScreen, "Mail"),
)


def register(appbuilder: AppBuilder) -> None:
    """Add every screen, in the order of the menu, and every resource."""
    suggestions.init_app(current_app)
    zones.init_app(current_app)
    for group, screen, label in MENU:
        # The menu's names are permission names, so each entry's is its screen's.
        appbuilder.add_view(
            screen,
            f"{screen.class_permission_name} menu",
            label=label,
            category=f"{group} group",
            category_label=group,
        )
    switches.init_app(current_app)
    portal.register(appbuilder)
    appbuilder.add_view_no_menu(MyAccountView)
    appbuilder.add_view_no_menu(SignUpView)
    appbuilder.add_view_no_menu(ResetView)
    resources.register(appbuilder)
