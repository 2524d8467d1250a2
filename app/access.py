"""Who may use what: the declared policy of every route, by the name of its endpoint.

A new screen or call needs one line here, named `View`, `blueprint` or, where one of its
routes is for others than the rest, `View.method`. The tests try every route as
everybody against it and refuse a route without a line; docs/roles.md is made of it:
`python -m app.access > docs/roles.md`.
"""

import sys
from collections.abc import Mapping
from enum import Enum


class Who(Enum):
    """Everybody who may ask, as the columns of docs/roles.md name them."""

    nobody = "Not logged in"
    admin = "Admin"
    operator = "Operator"
    partner_owner = "Partner: owner"
    partner_buyer = "Partner: buyer"
    partner_viewer = "Partner: viewer"
    vendor_owner = "Vendor: owner"
    vendor_uploader = "Vendor: uploader"
    vendor_viewer = "Vendor: viewer"


Policy = frozenset[Who]
ALL = frozenset(Who)
LOGGED_IN = ALL - {Who.nobody}
ADMIN = frozenset({Who.admin})
STAFF = ADMIN | {Who.operator}
PARTNER_OWNER = frozenset({Who.partner_owner})
BUYERS = PARTNER_OWNER | {Who.partner_buyer}
PARTNERS = BUYERS | {Who.partner_viewer}
VENDOR_OWNER = frozenset({Who.vendor_owner})
UPLOADERS = VENDOR_OWNER | {Who.vendor_uploader}
VENDORS = UPLOADERS | {Who.vendor_viewer}
OWNERS = PARTNER_OWNER | VENDOR_OWNER

POLICIES: Mapping[str, Policy] = {
    # For everybody: what consumers, programs that watch, and newcomers need.
    "static": ALL,
    "appbuilder.static": ALL,
    "operations": ALL,
    "pages": ALL,
    "posting": ALL,
    "LoginView": ALL,
    "LocaleView": ALL,
    "UtilView": ALL,
    "ResetView": ALL,
    "SignUpView": ALL,
    # With a credential of their own: a source's key, a transaction's id, a password.
    "intake": ALL,
    "sandbox": ALL,
    "auth": ALL,
    "auth.me": LOGGED_IN,
    # The first page shows each what is theirs, and strangers the way to log in.
    "HomeView": ALL,
    "document": ALL,
    "MyAccountView": LOGGED_IN,
    "OpenApi": STAFF,
    "SwaggerView": STAFF,
    # Staff's screens.
    "CampaignScreen": STAFF,
    "LandingPageScreen": STAFF,
    "SourceScreen": STAFF,
    "VendorScreen": STAFF,
    "PartnerScreen": STAFF,
    "EndpointScreen": STAFF,
    "SubscriptionScreen": STAFF,
    "LeadScreen": STAFF,
    "ReviewScreen": STAFF,
    "RefusalScreen": STAFF,
    "TransactionScreen": STAFF,
    "PaymentScreen": STAFF,
    "MoneyOrderScreen": STAFF,
    "MoneyOrderScreen.bulk": ADMIN,
    "ReturnScreen": STAFF,
    "DeliveryScreen": STAFF,
    "SandboxScreen": STAFF,
    "IntegrityScreen": STAFF,
    "SwitchScreen": STAFF,
    "LeadReportView": STAFF,
    "SalesReportView": STAFF,
    "CampaignReportView": STAFF,
    "PartnerReportView": STAFF,
    "MoneyReportView": STAFF,
    "ProviderScreen": ADMIN,
    "UserScreen": ADMIN,
    "RegistrationScreen": ADMIN,
    "MailScreen": ADMIN,
    "AuditScreen": ADMIN,
    "SettingScreen": ADMIN,
    # Staff's programs: /api/v1.
    "CampaignResource": STAFF,
    "LandingPageResource": STAFF,
    "SourceResource": STAFF,
    "VendorResource": STAFF,
    "PartnerResource": STAFF,
    "EndpointResource": STAFF,
    "SubscriptionResource": STAFF,
    "LeadResource": STAFF,
    "TransactionResource": STAFF,
    "DeliveryResource": STAFF,
    "ReturnResource": STAFF,
    "AccountResource": STAFF,
    "IntegrityResource": STAFF,
    "SwitchResource": STAFF,
    "MoneyOrderResource": STAFF,
    "MoneyOrderResource.approve": ADMIN,
    "MoneyOrderResource.reject": ADMIN,
    "ProviderResource": ADMIN,
    "UserResource": ADMIN,
    "ApiKeyResource": ADMIN,
    "AuditResource": ADMIN,
    "SettingResource": ADMIN,
    # A partner's screens.
    "BuyingCampaignScreen": PARTNERS,
    "BuyingLeadScreen": PARTNERS,
    "BuyingLeadScreen.ask_return": BUYERS,
    "BuyingReturnScreen": PARTNERS,
    "BuyingReturnScreen.answer": BUYERS,
    "BuyingStatementScreen": PARTNERS,
    "BuyingStatementScreen.notice": BUYERS,
    "BuyingSubscriptionScreen": BUYERS,
    "BuyingSubscriptionScreen.list": PARTNERS,
    "BuyingSubscriptionScreen.show": PARTNERS,
    "BuyingSubscriptionScreen.options": PARTNERS,
    "BuyingEndpointScreen": PARTNER_OWNER,
    "BuyingEndpointScreen.list": PARTNERS,
    "BuyingEndpointScreen.show": PARTNERS,
    "BuyingEndpointScreen.options": PARTNERS,
    # A vendor's screens.
    "SellingLeadScreen": VENDORS,
    "SellingRefusalScreen": VENDORS,
    "SellingSaleScreen": VENDORS,
    "SellingSourceScreen": VENDORS,
    "SellingStatementScreen": VENDORS,
    # Of either account, for its owners.
    "AccountKeyScreen": OWNERS,
    "AccountTeamScreen": OWNERS,
    # A partner's programs: /api.
    "purchases": PARTNERS,
    "returns_api": PARTNERS,
    "returns_api.give_back": BUYERS,
    "returns_api.answer": BUYERS,
    "wallet": PARTNERS,
    "subscriptions_api": PARTNERS,
    "subscriptions_api.add_subscription": BUYERS,
    "subscriptions_api.change_subscription": BUYERS,
    "subscriptions_api.add_endpoint": PARTNER_OWNER,
    "subscriptions_api.change_endpoint": PARTNER_OWNER,
    "subscriptions_api.rotate_endpoint_secret": PARTNER_OWNER,
    "subscriptions_api.test_endpoint": PARTNER_OWNER,
    # A vendor's programs.
    "payable": VENDORS,
    "vendors_api": VENDORS,
    "vendors_api.rotate": VENDOR_OWNER,
    "keys": OWNERS,
}


def policy_of(endpoint: str) -> Policy | None:
    """Return who may use an endpoint; None where nothing is declared of it."""
    view = endpoint.partition(".")[0]
    return POLICIES.get(endpoint, POLICIES.get(view))


def as_markdown() -> str:
    """Return the policy as the table of docs/roles.md."""
    head = ["Screen or call", *(who.value for who in Who)]
    lines = [
        "# Who may use what",
        "",
        "Made from `app/access.py` by `python -m app.access > docs/roles.md`; a line",
        "that names one route (`View.method`) goes before the line of its view. The",
        "tests try every route as everybody, with rows of their own, of others and",
        "missing: another's row answers as one that is not there.",
        "",
        f"| {' | '.join(head)} |",
        f"|{' --- |' * len(head)}",
    ]
    for name, policy in POLICIES.items():
        marks = ["yes" if who in policy else "" for who in Who]
        lines.append(f"| `{name}` | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
