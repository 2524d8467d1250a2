"""What a partner's reply means, in the order of DESIGN §3.

Reading never raises, whatever came back. What is not clearly accepted is not accepted.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from app.domain.delivery import Answer, Verdict
from app.domain.errors import InvalidInput
from app.gateways.delivery.rules import Rules, compile_rules
from app.gateways.wire_data import Failure, Reply

MAX_RETRY_AFTER_S = 24 * 60 * 60
_NOT_TAKEN = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
_SECONDS = re.compile(r"[0-9]{1,9}")


def read_reply(outcome: Reply | Failure, rules: object) -> Answer:
    """Return what an attempt's outcome means by the endpoint's rules.

    `rules` are compiled Rules or as an endpoint stores them; where these cannot be
    read any more, a reply means nothing: unknown.
    """
    if isinstance(outcome, Failure):
        return _of_failure(outcome)
    try:
        return _of_reply(outcome, compile_rules(rules))
    except InvalidInput:
        return Answer(Verdict.unknown, "bad_reply_rules")


def retry_after_s(reply: Reply) -> int | None:
    """Return Retry-After in seconds, of either form, at most a day; or None."""
    given = reply.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(given):
        return min(int(given), MAX_RETRY_AFTER_S)
    at = _http_date(given)
    if at is None:
        return None
    # Measured on the peer's own clock where it tells the time.
    now = _http_date(reply.headers.get("date", "")) or datetime.now(UTC)
    return min(max(0, round((at - now).total_seconds())), MAX_RETRY_AFTER_S)


def _of_failure(failure: Failure) -> Answer:
    if failure.code == "blocked":
        return Answer(Verdict.rejected, "blocked_address", known_not_taken=True)
    if failure.code == "token":
        # Who looks into it wants to know what their token server said.
        reason = f"token:{failure.detail}"
        return Answer(Verdict.retry, reason, known_not_taken=True)
    if not failure.sent:
        return Answer(Verdict.retry, failure.code, known_not_taken=True)
    return Answer(Verdict.unknown, failure.code)


def _of_reply(reply: Reply, rules: Rules) -> Answer:
    judgement = rules.judge(reply)
    if judgement is not None:
        is_retry = judgement.verdict is Verdict.retry
        return Answer(
            judgement.verdict,
            judgement.reason,
            known_not_taken=is_retry,
            retry_after_s=retry_after_s(reply) if is_retry else None,
        )
    if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
        if rules.rules:
            return Answer(Verdict.unknown, "no_rule_holds")
        return Answer(Verdict.accepted)
    return _of_status(reply)


def _of_status(reply: Reply) -> Answer:
    reason = f"http_{reply.status}"
    if reply.status == HTTPStatus.GONE:
        return Answer(Verdict.rejected, "gone", disables_endpoint=True)
    if reply.status in _NOT_TAKEN:
        wait_s = retry_after_s(reply)
        return Answer(Verdict.retry, reason, known_not_taken=True, retry_after_s=wait_s)
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Answer(Verdict.retry, reason, retry_after_s=retry_after_s(reply))
    if reply.status >= HTTPStatus.BAD_REQUEST:
        return Answer(Verdict.rejected, reason)
    if reply.status >= HTTPStatus.MULTIPLE_CHOICES:
        return Answer(Verdict.rejected, "redirect")
    return Answer(Verdict.unknown, reason)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
