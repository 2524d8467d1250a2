"""How returns read on every screen: their reasons, their age, what proves them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from wtforms import SelectChoice

from app.domain.states import ReturnReason
from app.views.formats import words

REASONS: Mapping[ReturnReason, str] = {
    ReturnReason.invalid_phone: "The phone number does not work",
    ReturnReason.invalid_email: "The email address does not work",
    ReturnReason.invalid_contact: "The contact data is not real",
    ReturnReason.duplicate: "We have this person already",
    ReturnReason.out_of_filter: "It does not fit our filter",
    ReturnReason.never_requested: "The person never asked for it",
    ReturnReason.no_consent: "There is no consent",
    ReturnReason.fraud: "Somebody pretended to be another",
    ReturnReason.other: "Something else",
}
PROOF = {
    True: "Confirmed by what we know",
    False: "What we know speaks against it",
    None: "We know nothing about it",
}
HOUR, DAY = 3600, 86_400


def reason_choices(names: Iterable[str]) -> list[SelectChoice]:
    """Return reasons to choose from, by name and in words."""
    return [SelectChoice(name, REASONS[ReturnReason[name]]) for name in names]


def age(since: datetime) -> str:
    """Return how long ago a moment was, roughly."""
    seconds = max(0, int((datetime.now(UTC) - since).total_seconds()))
    for unit, size in (("day", DAY), ("hour", HOUR), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "Just now"


def proof(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what was looked at again: label and finding."""
    found = [("Reason", PROOF[evidence.get("confirmed")])]
    for one in evidence.get("checks", ()):
        why = ", ".join(one["why"]).replace("_", " ")
        verdict = words(one["verdict"]) + (f" ({why})" if why else "")
        found.append((words(one["check"]), f"{verdict}, checked {one['by']}"))
    if evidence.get("had_before"):
        found.append(("Same person", "Bought by this partner in the 30 days before"))
    fits = {True: "The lead fits it", False: "The lead lies outside", None: ""}
    if told := fits[evidence.get("fits_filter")]:
        found.append(("Filter", told))
    return found
