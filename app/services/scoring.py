"""The score of a lead: its facts and findings, weighed by `app.domain.scoring`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.domain.checks import Finding
from app.domain.scoring import Score, ScoreFacts, score
from app.domain.states import ValidationStatus
from app.gateways.checks.places import state_of_zip


def score_lead(contact: Mapping[str, Any], findings: Sequence[Finding]) -> Score:
    """Score a lead by its contact row and what its checks found."""
    verdicts = {finding.check: _status(finding) for finding in findings}
    consent = contact["consent"] or {}
    facts = ScoreFacts(
        email=contact["email"] or "",
        phone=contact["phone"] or "",
        first_name=contact["first_name"] or "",
        last_name=contact["last_name"] or "",
        address=contact["address"] or "",
        city=contact["city"] or "",
        state=contact["state"] or "",
        zip=contact["zip"] or "",
        zip_state=state_of_zip(contact["zip"] or "", contact["country"] or "US"),
        has_consent=bool(consent),
        has_certificate=bool(consent.get("certificate_url")),
    )
    return score(
        replace(
            facts,
            email_check=verdicts.get("email", facts.email_check),
            phone_check=verdicts.get("phone", facts.phone_check),
            address_check=verdicts.get("address", facts.address_check),
            consent_check=verdicts.get("consent", facts.consent_check),
        )
    )


def _status(finding: Finding) -> ValidationStatus:
    """Read a verdict; a check that failed to run says as little as `unknown`."""
    verdict = "unknown" if finding.verdict == "error" else finding.verdict
    return ValidationStatus(verdict)
