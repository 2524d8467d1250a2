"""Reply rules: an ordered list; the first whose conditions all hold is the verdict.

Equality compares text without regard to case, so that `"true"`, `True` and `TRUE` are
one; where a path finds several nodes, any of them suffices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.delivery import Verdict
from app.domain.errors import FieldError, InvalidInput
from app.gateways.delivery.conditions import CONDITIONS, Condition, read_condition
from app.gateways.delivery.document import Document
from app.gateways.wire_data import Reply

MAX_RULES = 50
MAX_REASON = 200
_KEYS = frozenset({"when", "verdict", "reason"})
Conditions = tuple[Condition, ...]
_WHEN_KEYS = frozenset(CONDITIONS) | {"equals", "matches"}


@dataclass(frozen=True)
class Rule:
    """Conditions that must all hold, and what the reply then means."""

    conditions: Conditions
    verdict: Verdict
    reason: str

    @property
    def reads_document(self) -> bool:
        """Whether a broken document leaves open if this rule would hold."""
        return any(condition.reads_document for condition in self.conditions)


@dataclass(frozen=True)
class Judgement:
    """What the rules say of a reply, and which one of them, counted from 1."""

    verdict: Verdict
    reason: str
    rule: int


@dataclass(frozen=True)
class Rules:
    """The rules of an endpoint; without any, the status alone decides."""

    rules: tuple[Rule, ...] = ()

    def judge(self, reply: Reply) -> Judgement | None:
        """Return what the first rule that holds says, or None where none holds.

        Accepted is not believed where an earlier rule could not read the reply.
        """
        document = Document(reply)
        skipped = False
        for number, rule in enumerate(self.rules, 1):
            if all(condition.holds(document) for condition in rule.conditions):
                if skipped and rule.verdict is Verdict.accepted:
                    return Judgement(Verdict.unknown, "unreadable_reply", number)
                return Judgement(rule.verdict, rule.reason, number)
            skipped = skipped or (rule.reads_document and document.is_broken)
        return None


def compile_rules(reply_rules: object) -> Rules:
    """Read reply rules strictly; raise InvalidInput with every bad field.

    Fields are named like `reply_rules[0].when.jsonpath`.
    """
    if isinstance(reply_rules, Rules):
        return reply_rules
    if reply_rules is None:
        return Rules()
    if not isinstance(reply_rules, Sequence) or isinstance(reply_rules, str | bytes):
        message = "Send a list of when, verdict and reason."
        raise InvalidInput.one("reply_rules", "type", message)
    if len(reply_rules) > MAX_RULES:
        message = f"Send at most {MAX_RULES} rules."
        raise InvalidInput.one("reply_rules", "too_many", message)
    errors: list[FieldError] = []
    rules = [
        _read_rule(f"reply_rules[{index}]", item, errors)
        for index, item in enumerate(reply_rules)
    ]
    if errors:
        raise InvalidInput(errors)
    return Rules(tuple(rule for rule in rules if rule is not None))


def _read_rule(where: str, item: object, errors: list[FieldError]) -> Rule | None:
    if not isinstance(item, Mapping):
        message = "Send an object with when and verdict."
        errors.append(FieldError(where, "type", message))
        return None
    _refuse_others(where, item, _KEYS, errors)
    conditions = read_when(f"{where}.when", item.get("when"), errors)
    verdict, reason = item.get("verdict"), item.get("reason")
    if not isinstance(verdict, str) or verdict not in Verdict.__members__:
        message = f"Choose one of {', '.join(Verdict)}."
        errors.append(FieldError(f"{where}.verdict", "unknown", message))
        verdict = Verdict.unknown
    if reason is not None and not _is_reason(reason):
        message = f"Send a line of at most {MAX_REASON} characters, or null."
        errors.append(FieldError(f"{where}.reason", "invalid", message))
    return Rule(conditions, Verdict(verdict), reason or "")


def read_when(where: str, when: object, errors: list[FieldError]) -> Conditions:
    """Read conditions that must all hold; what is wrong with them joins `errors`."""
    if not isinstance(when, Mapping) or not when.keys() & CONDITIONS.keys():
        message = f"Send an object with one of {', '.join(CONDITIONS)}."
        errors.append(FieldError(where, "required", message))
        return ()
    _refuse_others(where, when, _WHEN_KEYS, errors)
    paths = when.keys() & {"jsonpath", "xpath"}
    tests = when.keys() & {"equals", "matches"}
    if len(paths) > 1 or len(tests) != len(paths):
        message = "Give one jsonpath or xpath with one of equals and matches."
        errors.append(FieldError(where, "invalid", message))
        return ()
    found = [read_condition(where, name, when) for name in CONDITIONS if name in when]
    errors.extend(each for each in found if isinstance(each, FieldError))
    return tuple(each for each in found if not isinstance(each, FieldError))


def _refuse_others(
    where: str,
    item: Mapping[Any, Any],
    known: frozenset[str],
    errors: list[FieldError],
) -> None:
    errors.extend(
        FieldError(f"{where}.{name}", "unknown", "Leave this out.")
        for name in item
        if name not in known
    )


def _is_reason(reason: object) -> bool:
    return (
        isinstance(reason, str) and len(reason) <= MAX_REASON and reason.isprintable()
    )
