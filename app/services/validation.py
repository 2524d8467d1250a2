"""Validation: the checks of the campaign's policy, outside any transaction.

The claimed leads are read, checked, and what follows is written in one transaction
under the claim's token: verdict, score, approval and the next stage together.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from app.db import transaction
from app.domain.checks import Action, Finding, Outcome, Policy, read_policies, sum_up
from app.domain.errors import FieldError, InvalidInput
from app.domain.states import ApprovalStatus, LeadStatus, Stage
from app.gateways.checks import provider
from app.queue import ring
from app.services.scoring import score_lead
from app.services.trace import record_all
from app.services.work import Claim, finish, pass_on, still_ours, work_through

log = logging.getLogger(__name__)

BATCH = 100
READ = text(
    "SELECT l.id, l.status, c.checks, c.requires_approval, k.*"
    " FROM lead l JOIN campaign c ON c.id = l.campaign_id"
    " JOIN lead_contact k ON k.lead_id = l.id WHERE l.id = ANY(:leads) ORDER BY l.id"
)
LOCK = text(
    "SELECT id FROM lead WHERE id = ANY(:leads) AND status = 'received'"
    " ORDER BY id FOR NO KEY UPDATE"
)
WRITE = text(
    "UPDATE lead SET status = new.status, validation_status = new.validation,"
    " approval_status = new.approval, reason = new.reason, score = new.score,"
    " score_reasons = CAST(:reasons AS jsonb) -> (new.ordinal - 1)::int"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:statuses AS text[]),"
    " CAST(:validations AS text[]), CAST(:approvals AS text[]),"
    " CAST(:why AS text[]), CAST(:scores AS numeric[])) WITH ORDINALITY"
    " AS new (id, status, validation, approval, reason, score, ordinal)"
    " WHERE lead.id = new.id"
)


@dataclass(frozen=True)
class Checked:
    """A lead with what was found and what follows from it."""

    lead_id: int
    findings: tuple[Finding, ...]
    outcome: Outcome
    status: LeadStatus
    approval: ApprovalStatus
    score: Decimal
    score_reasons: list[dict[str, Any]]


def validate_due() -> int:
    """Check a batch of received leads; return how many were claimed."""
    return work_through(Stage.validation, BATCH, _validate_part)


def run_checks(
    policies: Sequence[Policy], contact: Mapping[str, Any]
) -> tuple[Finding, ...]:
    """Run each check by the first of its providers that gives an answer."""
    return tuple(_run_check(policy, contact) for policy in policies)


def refuse_invalid(
    checks: object, contact: Mapping[str, Any], consent: Mapping[str, Any] | None
) -> None:
    """Refuse what a required check finds invalid; raises InvalidInput."""
    policies = read_policies(checks, contact)
    findings = run_checks(policies, {**contact, "consent": consent})
    errors = [
        FieldError(
            finding.check,
            ",".join(finding.reasons)[:100] or "invalid",
            f"The {finding.check} did not pass its check.",
        )
        for policy, finding in zip(policies, findings, strict=True)
        if policy.required and finding.verdict == "invalid"
    ]
    if errors:
        raise InvalidInput(errors)


def _validate_part(part: Claim) -> None:
    with transaction() as session:
        rows = session.execute(READ, {"leads": part.lead_ids}).mappings().all()
    _write(part, [_check(dict(row)) for row in rows])


def _run_check(policy: Policy, contact: Mapping[str, Any]) -> Finding:
    finding = Finding(policy.check, "none", "error", ("no_provider",))
    for name in policy.providers:
        result = provider(name).run(policy.check, contact)
        finding = Finding(policy.check, name, result.verdict, result.reasons)
        if result.verdict != "error":
            break
    return finding


def _check(row: Mapping[str, Any]) -> Checked:
    policies = read_policies(row["checks"], row)
    findings = run_checks(policies, row)
    outcome = sum_up(policies, findings)
    score = score_lead(row, findings)
    status, approval = LeadStatus.available, ApprovalStatus.approved
    if outcome.action is Action.reject:
        status, approval = LeadStatus.rejected, ApprovalStatus.rejected
    elif outcome.action is Action.review or row["requires_approval"]:
        status, approval = LeadStatus.review, ApprovalStatus.pending
    reasons = [
        {"code": r.code, "points": r.points, "text": r.text} for r in score.reasons
    ]
    return Checked(row["id"], findings, outcome, status, approval, score.value, reasons)


def _write(claimed: Claim, checked: Sequence[Checked]) -> None:
    """Write verdicts and next stages of the leads that are still ours."""
    lead_ids = [one.lead_id for one in checked]
    with transaction("validation.write") as session:
        waiting = set(session.scalars(LOCK, {"leads": lead_ids}))
        ours = still_ours(session, claimed.token, lead_ids)
        valid = [one for one in checked if one.lead_id in ours & waiting]
        if valid:
            session.execute(WRITE, _columns(valid))
            record_all(session, [step for one in valid for step in _steps(one)])
        onward = [o.lead_id for o in valid if o.status is LeadStatus.available]
        pass_on(session, onward, Stage.routing)
        finish(session, sorted(ours - set(onward)))
        if onward:
            ring(Stage.routing)


def _columns(checked: Sequence[Checked]) -> dict[str, Any]:
    return {
        "ids": [one.lead_id for one in checked],
        "statuses": [one.status.value for one in checked],
        "validations": [one.outcome.status.value for one in checked],
        "approvals": [one.approval.value for one in checked],
        "why": [_reason(one) for one in checked],
        "scores": [one.score for one in checked],
        "reasons": json.dumps([one.score_reasons for one in checked]),
    }


def _reason(one: Checked) -> str | None:
    if one.status is LeadStatus.review and one.outcome.reason is None:
        return "approval"
    return one.outcome.reason


def _steps(one: Checked) -> list[tuple[int, str, Mapping[str, Any] | None]]:
    findings = [
        {"check": f.check, "by": f.provider, "verdict": f.verdict, "why": f.reasons}
        for f in one.findings
    ]
    validated = {"status": one.outcome.status.value, "checks": findings}
    steps: list[tuple[int, str, Mapping[str, Any] | None]] = [
        (one.lead_id, "validated", validated),
        (one.lead_id, "scored", {"score": str(one.score)}),
    ]
    if one.status is not LeadStatus.available:
        steps.append((one.lead_id, one.status.value, {"reason": _reason(one)}))
    return steps
