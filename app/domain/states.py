"""The states and kinds that rows may have; names are what the database and API show."""

from enum import Enum


class CampaignStatus(Enum):
    """Whether a campaign takes and sells leads."""

    draft = "draft"
    active = "active"
    paused = "paused"
    archived = "archived"


class PageStatus(Enum):
    """Whether a landing page is public."""

    draft = "draft"
    active = "active"
    archived = "archived"


class AccountStatus(Enum):
    """Whether a partner or a vendor takes part."""

    active = "active"
    paused = "paused"
    archived = "archived"


class EndpointStatus(Enum):
    """Whether leads may be sent to an endpoint; a 410 disables it."""

    active = "active"
    disabled = "disabled"
    archived = "archived"


class SubscriptionStatus(Enum):
    """Whether a standing order buys."""

    active = "active"
    paused = "paused"
    archived = "archived"


class Method(Enum):
    """How a campaign ranks the subscriptions that may have a lead."""

    priority = "priority"
    weighted = "weighted"
    round_robin = "round_robin"
    percentage = "percentage"
    price = "price"
    groups = "groups"


class SaleType(Enum):
    """Whether a subscription buys beside others, alone, or either way."""

    shared = "shared"
    exclusive = "exclusive"
    hybrid = "hybrid"


class ShareWindow(Enum):
    """Within what percentages are kept, in UTC."""

    hour = "hour"
    day = "day"
    week = "week"
    month = "month"


class Mode(Enum):
    """Whether a subscription buys by itself or on the market."""

    auto = "auto"
    manual = "manual"


class Pacing(Enum):
    """Whether limits are let through as leads come, or evenly over the open hours."""

    asap = "asap"
    even = "even"


class AtCap(Enum):
    """Whether a lead waits for an order that is at a limit, or shut."""

    skip = "skip"
    queue = "queue"


class BillingMode(Enum):
    """Where a partner's money comes from."""

    prepaid = "prepaid"
    per_lead = "per_lead"
    invoice = "invoice"


class EndpointFormat(Enum):
    """The body an endpoint is sent."""

    json = "json"
    xml = "xml"
    form = "form"
    adf = "adf"


class ProviderName(Enum):
    """The providers of checks that have a gateway."""

    offline = "offline"


class SourceKind(Enum):
    """What kind of channel a source is."""

    post = "post"
    page = "page"
    upload = "upload"


class LeadStatus(Enum):
    """Where a lead is on its way."""

    received = "received"
    review = "review"
    rejected = "rejected"
    available = "available"
    sold = "sold"
    expired = "expired"
    erased = "erased"


class ValidationStatus(Enum):
    """What the checks said of a lead."""

    pending = "pending"
    valid = "valid"
    risky = "risky"
    invalid = "invalid"
    unknown = "unknown"


class ApprovalStatus(Enum):
    """Whether a person still has to approve a lead."""

    pending = "pending"
    approved = "approved"
    rejected = "rejected"


class TransactionStatus(Enum):
    """Where the money of a sale is; `paying` and `funding` wait for a card."""

    paying = "paying"
    funding = "funding"
    held = "held"
    captured = "captured"
    released = "released"
    refunded = "refunded"


class DeliveryStatus(Enum):
    """Where a hand-over is."""

    pending = "pending"
    sending = "sending"
    retrying = "retrying"
    unknown = "unknown"
    accepted = "accepted"
    rejected = "rejected"
    undeliverable = "undeliverable"


class AccountKind(Enum):
    """The chart of accounts; only partners' and vendors' carry a guarded balance."""

    wallet = "wallet"
    holds = "holds"
    payable = "payable"
    revenue = "revenue"
    tax = "tax"
    fees = "fees"
    receivable = "receivable"
    cash_in_transit = "cash_in_transit"
    bank = "bank"
    refunds = "refunds"
    disputes = "disputes"
    breach_credits = "breach_credits"
    adjustments = "adjustments"


class EntryKind(Enum):
    """What an entry books."""

    credit = "credit"
    hold = "hold"
    capture = "capture"
    release = "release"
    refund = "refund"
    adjustment = "adjustment"
    override = "override"


class MoneyOrderKind(Enum):
    """What a person may ask for that moves money by hand."""

    credit = "credit"
    wallet = "wallet"
    payable = "payable"
    refund = "refund"
    override = "override"


class MoneyOrderStatus(Enum):
    """Whether a second person agreed to money by hand."""

    pending = "pending"
    booked = "booked"
    rejected = "rejected"


class MemberRole(Enum):
    """What a person is within a partner or a vendor."""

    owner = "owner"
    buyer = "buyer"
    uploader = "uploader"
    viewer = "viewer"


class RegistrationStatus(Enum):
    """What became of somebody's wish for an account."""

    pending = "pending"
    approved = "approved"
    rejected = "rejected"


class MailStatus(Enum):
    """What became of an outgoing mail; without a server it is kept to be read."""

    queued = "queued"
    sent = "sent"
    failed = "failed"
    kept = "kept"


class Stage(Enum):
    """The stages whose work is rows that are due; each has its own queue."""

    validation = "validation"
    routing = "routing"
    ping = "ping"
    delivery = "delivery"


class SwitchScope(Enum):
    """What a kill switch stops; the widest comes first, also by its name."""

    all = "all"
    campaign = "campaign"
    partner = "partner"


class ReturnReason(Enum):
    """Why a partner gives a lead back."""

    invalid_phone = "invalid_phone"
    invalid_email = "invalid_email"
    invalid_contact = "invalid_contact"
    duplicate = "duplicate"
    out_of_filter = "out_of_filter"
    never_requested = "never_requested"
    no_consent = "no_consent"
    fraud = "fraud"
    other = "other"


class ReturnStatus(Enum):
    """Where a return is; `needs_info` waits for the partner."""

    open = "open"
    needs_info = "needs_info"
    approved = "approved"
    denied = "denied"


class Afterwards(Enum):
    """What becomes of a lead whose return was approved."""

    market = "market"
    withdrawn = "withdrawn"
