"""Validation: the checks of the campaign's policy, outside any transaction.

The claimed leads are read, checked, and what follows is written in one statement
under the claim's token: verdict, score, approval and the next stage together.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.direct import fetch
from app.domain.checks import Action, Finding, Outcome, Policy, read_policies, sum_up
from app.domain.errors import FieldError, InvalidInput
from app.domain.states import ApprovalStatus, LeadStatus, Stage
from app.gateways.checks import provider
from app.queue import ring_soon
from app.services.scoring import score_lead
from app.services.work import Claim, work_through

log = logging.getLogger(__name__)

BATCH = 100
READ = (
    "SELECT l.id, l.status, c.checks, c.requires_approval, k.*"
    " FROM lead l JOIN campaign c ON c.id = l.campaign_id"
    " JOIN lead_contact k ON k.lead_id = l.id WHERE l.id = ANY(%(leads)s) ORDER BY l.id"
)
# Leads that are still ours and still wait are locked, by id, and written all at once;
# what is ours and goes no further leaves the stages.
WRITE = """
WITH new AS (
  SELECT * FROM jsonb_to_recordset(CAST(%(checked)s AS jsonb)) AS new (id bigint,
         status text, validation text, approval text, reason text, score numeric,
         score_reasons jsonb, steps jsonb)
), ours AS (
  SELECT l.id, l.status = 'received' AS waits
    FROM lead l JOIN work w ON w.lead_id = l.id
   WHERE l.id = ANY(%(leads)s) AND w.lease_token = %(token)s
   ORDER BY l.id FOR NO KEY UPDATE OF l, w
), written AS (
  UPDATE lead SET status = new.status, validation_status = new.validation,
         approval_status = new.approval, reason = new.reason, score = new.score,
         score_reasons = new.score_reasons
    FROM new JOIN ours ON ours.id = new.id AND ours.waits
   WHERE lead.id = new.id
  RETURNING lead.id, lead.status = 'available' AS goes_on
), traced AS (
  INSERT INTO lead_event (lead_id, kind, detail)
  SELECT new.id, step.kind, step.detail
    FROM new JOIN ours ON ours.id = new.id AND ours.waits,
         jsonb_to_recordset(new.steps) AS step (ordinal bigint, kind text, detail jsonb)
   ORDER BY new.id, step.ordinal
), passed_on AS (
  UPDATE work SET stage = 'routing', run_at = now(), lease_until = NULL,
         lease_token = NULL, attempts = 0
    FROM written WHERE work.lead_id = written.id AND written.goes_on
), finished AS (
  DELETE FROM work USING ours WHERE work.lead_id = ours.id
     AND NOT EXISTS (SELECT FROM written WHERE written.id = ours.id AND goes_on)
)
SELECT count(*) AS going_on FROM written WHERE goes_on
"""


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
    rows = fetch(READ, {"leads": part.lead_ids})
    _write(part, [_check(row._asdict()) for row in rows])


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
    bound = {
        "checked": json.dumps([_row(one) for one in checked]),
        "leads": [one.lead_id for one in checked],
        "token": claimed.token,
    }
    [written] = fetch(WRITE, bound, "validation.write")
    if written.going_on:
        ring_soon(Stage.routing)


def _row(one: Checked) -> dict[str, Any]:
    return {
        "id": one.lead_id,
        "status": one.status.value,
        "validation": one.outcome.status.value,
        "approval": one.approval.value,
        "reason": _reason(one),
        "score": str(one.score),
        "score_reasons": one.score_reasons,
        "steps": [
            {"ordinal": ordinal, "kind": kind, "detail": detail}
            for ordinal, (kind, detail) in enumerate(_steps(one))
        ],
    }


def _reason(one: Checked) -> str | None:
    if one.status is LeadStatus.review and one.outcome.reason is None:
        return "approval"
    return one.outcome.reason


def _steps(one: Checked) -> list[tuple[str, Mapping[str, Any]]]:
    findings = [
        {"check": f.check, "by": f.provider, "verdict": f.verdict, "why": f.reasons}
        for f in one.findings
    ]
    steps: list[tuple[str, Mapping[str, Any]]] = [
        ("validated", {"status": one.outcome.status.value, "checks": findings}),
        ("scored", {"score": str(one.score)}),
    ]
    if one.status is not LeadStatus.available:
        steps.append((one.status.value, {"reason": _reason(one)}))
    return steps
