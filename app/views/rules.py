"""What is kept as JSON, in words: an order's hours and filters, fields, mappings.

Without any it says what holds instead, as the editor of it does.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from app.domain.filter_fields import KnownFields
from app.domain.groups import STOP
from app.domain.schedule import DAYS
from app.views.editors.campaign import ChecksField, FieldsField
from app.views.editors.endpoint import MappingField, ReplyRulesField
from app.views.editors.ping import PING_BODY, PingField
from app.views.editors.prices import AgePricesField
from app.views.editors.texts import TEXTS
from app.views.formats import NOTHING, money, percent, words, yes_no
from app.views.sentences import filters_in_words, lines_of

# PostgreSQL keeps keys in an order of its own; what is asked for is said first.
WHEN = ("status", "jsonpath", "xpath", "regex", "equals", "matches")
Items = Sequence[Mapping[str, Any]] | None
# What a policy of returns may set, in the order in which it is read.
POLICY = {
    "allowed": "Returns are taken",
    "window_hours": "Hours after delivery",
    "max_age_days": "Oldest lead, in days",
    "weekdays": "Taken on",
    "reasons": "Accepted reasons",
    "resell": "Sold again after",
    "max_count": "Most returns",
    "max_share_bp": "Most of the revenue",
    "vendor_max_share_bp": "Most of a vendor's sales at once",
    "cycle": "Counted by",
    "limits_per": "Counted of",
    "operator_max_cents": "Most an operator approves",
}


def hours_in_words(schedule: Sequence[Mapping[str, Any]] | None) -> Markup | str:
    """Return when an order is open, a line for each of its hours."""
    if schedule is None:
        return "At all times"
    return lines_of([_hours(entry) for entry in schedule]) if schedule else "Never"


def weekdays_in_words(
    limits: Mapping[str, int] | None, spell: Callable[[int], str]
) -> str:
    """Return the limits of weekdays, one after the other."""
    if not limits:
        return "The same on every day"
    told = (f"{day.capitalize()} {spell(limits[day])}" for day in DAYS if day in limits)
    return ", ".join(told)


def price_rules_in_words(
    rules: Items, currency: str, known: KnownFields
) -> Markup | str:
    """Return what leads cost by their fields, amounts in that currency."""
    if rules is None:
        return "One price for every lead"
    line = Markup("{}: {}")
    return lines_of(
        [
            line.format(
                filters_in_words(rule["when"], known),
                money(rule["price_cents"], currency),
            )
            for rule in rules
        ]
    )


def age_prices_in_words(steps: Items) -> Markup | str:
    """Return what share of its price a lead costs by its age."""
    if steps is None:
        return AgePricesField.ways[0].label
    return lines_of(
        [f"After {step['after_hours']:,} h: {step['percent']} %" for step in steps]
    )


def groups_in_words(groups: Items) -> Markup | str:
    """Return which groups are asked for a lead, a line for each."""
    return lines_of([_group(one) for one in groups or ()]) or "None"


def fields_in_words(fields: Items) -> Markup | str:
    """Return what a campaign asks a consumer for."""
    if fields is None:
        return FieldsField.ways[0].label
    return lines_of([_field(one) for one in fields])


def checks_in_words(checks: Items) -> Markup | str:
    """Return what is checked of a lead, by whom, and what follows."""
    if checks is None:
        return ChecksField.ways[0].label
    return lines_of([_check(one) for one in checks]) or "Nothing"


def mapping_in_words(mapping: Items) -> Markup | str:
    """Return what a partner's body is made of."""
    if mapping is None:
        return MappingField.ways[0].label
    return lines_of(
        [
            f"{one['target']}: {one['source']}"
            + (f" ({_changes(one['transform'])})" if one.get("transform") else "")
            for one in mapping
        ]
    )


def ping_in_words(ping: Mapping[str, Any] | None) -> Markup | str:
    """Return how an endpoint is asked for bids."""
    if ping is None:
        return PingField.ways[0].label
    told = [f"Asked at {ping['url']}", f"Price at {ping['price']}"]
    if ping.get("unit") == "major":
        told[1] += ", numbers are amounts"
    told += [f"Currency at {ping['currency']}"] if ping.get("currency") else []
    told += [f"Number of the bid at {ping['ping_id']}"] if ping.get("ping_id") else []
    told += [f"Only if {_when(ping['accept'])}"] if ping.get("accept") else []
    mapping = ping.get("mapping")
    return lines_of([*told, mapping_in_words(mapping) if mapping else PING_BODY])


def _changes(transform: Any) -> str:  # noqa: ANN401 - JSON
    steps = transform if isinstance(transform, list) else [transform]
    return ", ".join(
        words(step).lower()
        if isinstance(step, str)
        else ", ".join(f"{name}: {_values(of)}" for name, of in step.items())
        for step in steps
    )


def _values(setting: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(setting, Mapping):
        return ", ".join(f"{name} = {to}" for name, to in setting.items())
    return str(setting)


def replies_in_words(rules: Items) -> Markup | str:
    """Return what a partner's answers mean."""
    if rules is None:
        return ReplyRulesField.ways[0].label
    return lines_of([_reply(one) for one in rules])


def texts_in_words(content: Mapping[str, str] | None) -> Markup | str:
    """Return what a page says."""
    if not content:
        return "The template's own texts"
    line = Markup('<span class="muted">{}:</span> {}')
    labels = {column.name: column.label for column in TEXTS}
    names = [*(name for name in labels if name in content), *(content.keys() - labels)]
    return lines_of(
        [line.format(labels.get(name) or words(name), content[name]) for name in names]
    )


def policy_in_words(policy: Mapping[str, Any] | None, currency: str) -> Markup | str:
    """Return what of a policy of returns is set here, amounts in that currency."""
    if not policy:
        return "Nothing of its own"
    line = Markup('<span class="muted">{}:</span> {}')
    told = [
        line.format(label, _limit(name, policy[name], currency))
        for name, label in POLICY.items()
        if policy.get(name) is not None
    ]
    rules = [_approval(rule, currency) for rule in policy.get("auto_approve") or ()]
    return lines_of([*told, *(line.format("Approved at once", rule) for rule in rules)])


class PolicyWords:
    """A screen whose rows may have a policy of returns; stands left of it."""

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a row
        """Return a row's value; its policy in words."""
        if name == "return_policy":
            return policy_in_words(item.return_policy, item.currency)
        base: Any = super()
        return base.cell(item, name)


def _group(group: Mapping[str, Any]) -> str:
    limit = group.get("limit")
    told = [words(group["method"]).lower()]
    sales = "sale" if limit == 1 else "sales"
    told += [] if limit is None else [f"at most {limit} {sales} of a lead"]
    told += ["no other group once it bought"] if group.get("if_sold") == STOP else []
    return f"{group['name']}: {', '.join(told)}"


def _field(spec: Mapping[str, Any]) -> str:
    kind = words(spec.get("type", "text")).lower()
    options = ", ".join(spec.get("options") or [])
    told = [kind, *([options] if options else [])]
    told += [] if spec.get("required") else ["optional"]
    return f"{spec.get('label') or spec['name']} ({'; '.join(told)})"


def _check(check: Mapping[str, Any]) -> str:
    by = ", ".join(check.get("providers") or ["offline"])
    must = "" if check.get("required", True) else ", not required"
    on = "".join(
        f"; if {verdict}: {words(then).lower()}"
        for verdict, then in (check.get("on") or {}).items()
    )
    return f"{words(check['check'])} by {by}{must}{on}"


def _reply(rule: Mapping[str, Any]) -> str:
    why = f" ({rule['reason']})" if rule.get("reason") else ""
    return f"{_when(rule['when'])}: {words(rule['verdict']).lower()}{why}"


def _when(when: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {', '.join(map(str, of)) if isinstance(of, list) else of}"
        for name, of in sorted(when.items(), key=lambda item: WHEN.index(item[0]))
    )


def _limit(name: str, value: Any, currency: str) -> str:  # noqa: ANN401 - JSON
    if name.endswith("_cents"):
        return money(value, currency)
    if name.endswith("_bp"):
        return percent(value)
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, list):
        return ", ".join(words(one) for one in value) or NOTHING
    return words(value) if isinstance(value, str) else f"{value:,}"


def _approval(rule: Mapping[str, Any], currency: str) -> str:
    told = [", ".join(words(one) for one in rule.get("reasons") or ()) or "Any reason"]
    if rule.get("max_cents") is not None:
        told.append(f"up to {money(rule['max_cents'], currency)}")
    if rule.get("confirmed", True):
        told.append("when confirmed")
    return ", ".join(told)


def _hours(entry: Mapping[str, Any]) -> str:
    days = [day for day in DAYS if day in entry["days"]]
    named = ", ".join(day.capitalize() for day in days)
    span = f"{entry['from']} to {entry['to']}"
    return f"{'Every day' if len(days) == len(DAYS) else named} {span}"
