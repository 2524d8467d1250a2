"""What the house knows of a sale that is to be returned: its checks run again.

Read in one transaction and checked outside it, as a provider may ask the network. Only
codes and ids leave here; the consent stays with the lead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.db import transaction
from app.domain.checks import Finding, read_policies
from app.domain.errors import NotFound
from app.domain.filters import compile_rule
from app.domain.returns import Facts, confirms
from app.domain.states import ReturnReason
from app.gateways.regex import compile_regex
from app.services.lead_values import COLUMNS, lead_values
from app.services.validation import run_checks

# `had_before`: the partner bought the same person already, in thirty days before.
READ = text(
    f"SELECT t.id, t.held_at, {COLUMNS}, k.consent, k.lead_id AS known,"  # noqa: S608 - all is ours
    " c.checks, s.filters, s.updated_at AS ordered_at,"
    " EXISTS (SELECT FROM transaction x WHERE x.partner_id = t.partner_id"
    "   AND x.lead_id <> l.id AND x.status IN ('captured', 'refunded')"
    "   AND x.held_at < t.held_at AND x.held_at > t.held_at - interval '30 days'"
    # Each by its own index; an OR might look through all that the partner bought.
    "   AND x.lead_id IN (SELECT o.id FROM lead o WHERE o.email_hash = l.email_hash"
    "     UNION SELECT o.id FROM lead o WHERE o.phone_hash = l.phone_hash)"
    " ) AS had_before"
    " FROM transaction t JOIN lead l ON l.id = t.lead_id"
    " JOIN campaign c ON c.id = t.campaign_id"
    " JOIN subscription s ON s.id = t.subscription_id"
    " LEFT JOIN lead_contact k ON k.lead_id = l.id"
    " WHERE t.public_id = :sale AND t.partner_id = :partner"
)


@dataclass(frozen=True)
class Evidence:
    """What was found for a reason; `confirmed` is None where nothing is known."""

    transaction_id: int
    confirmed: bool | None
    told: Mapping[str, Any]


def gather_evidence(
    partner_id: int, public_id: UUID | None, reason: ReturnReason
) -> Evidence:
    """Look again at a sale of the partner; raises NotFound for another's."""
    with transaction() as session:
        bound = {"sale": public_id, "partner": partner_id}
        row = session.execute(READ, bound).first()
    if row is None:
        raise NotFound("There is no such purchase.")
    # Of an erased lead there is nothing to look at any more.
    findings = _findings(row) if row.known is not None else ()
    facts = Facts(row.had_before, _fits_filter(row), row.consent is not None)
    confirmed = confirms(reason, findings, facts) if row.known is not None else None
    told = {
        "confirmed": confirmed,
        "checks": [
            {"check": f.check, "by": f.provider, "verdict": f.verdict, "why": f.reasons}
            for f in findings
        ],
        "had_before": facts.had_before,
        "fits_filter": facts.fits_filter,
        "consent": _consent(row.consent),
    }
    return Evidence(row.id, confirmed, told)


def _findings(row: Any) -> Sequence[Finding]:  # noqa: ANN401 - a row
    contact = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return run_checks(read_policies(row.checks, contact), contact)


def _fits_filter(row: Any) -> bool | None:  # noqa: ANN401 - a row
    """Say whether the lead fits the order that bought it.

    None where the order was changed since: a partner must not narrow its filter to
    prove that a lead lay outside.
    """
    changed_at: datetime = row.ordered_at
    if row.known is None or changed_at > row.held_at:
        return None
    rule = compile_rule(row.filters, compile_regex)
    return rule is None or rule.why_not(lead_values(row)) is None


def _consent(consent: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if consent is None:
        return None
    return {
        "given_at": consent.get("given_at"),
        "certified": consent.get("certificate_url") is not None,
    }
