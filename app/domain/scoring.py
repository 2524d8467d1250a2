"""A first score that anybody can check: points for what a lead has, and why.

| what | most | how |
|---|---|---|
| email given | 100 | |
| email checked | 150 | valid 150, unknown 60, risky 30, invalid 0 |
| email's domain | 40 | one's own 40, a free mail service 20 |
| phone given | 100 | |
| phone checked | 150 | valid 150, unknown 60, risky 30, invalid 0 |
| both contacts | 40 | email and phone |
| address complete | 60 | street, city, state and ZIP |
| ZIP fits the state | 60 | as far as it is known |
| address checked | 60 | valid 60, unknown 24, risky 12, invalid 0 |
| name plausible | 80 | two parts of letters 80, one 30 |
| consent given | 60 | |
| certificate | 50 | of the consent |
| consent checked | 50 | valid 50, unknown 20, risky 10, invalid 0 |

Points are thousandths and add up to 1000; a check that was not made counts as unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.domain.states import ValidationStatus

FREE_DOMAINS = frozenset(
    {"gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "hotmail.com"}
    | {"outlook.com", "live.com", "msn.com", "aol.com", "icloud.com", "me.com"}
    | {"mac.com", "gmx.com", "gmx.de", "gmx.net", "web.de", "mail.com", "mail.ru"}
    | {"yandex.ru", "proton.me", "protonmail.com", "zoho.com", "comcast.net"}
    | {"verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net"}
    | {"charter.net", "earthlink.net", "yahoo.co.uk", "hotmail.co.uk", "qq.com"}
)
_PERCENT = {
    ValidationStatus.valid: 100,
    ValidationStatus.unknown: 40,
    ValidationStatus.pending: 40,
    ValidationStatus.risky: 20,
    ValidationStatus.invalid: 0,
}
_BETWEEN = frozenset(" -'.\N{RIGHT SINGLE QUOTATION MARK}")
_WHOLE_NAME = 2
_LEAST_LETTERS = 2


@dataclass(frozen=True)
class ScoreFacts:
    """What is scored; blank text is missing, a check that was not made is pending.

    `zip_state` is the state that the ZIP lies in, blank where that is not known.
    """

    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    address: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    zip_state: str = ""
    has_consent: bool = False
    has_certificate: bool = False
    email_check: ValidationStatus = ValidationStatus.pending
    phone_check: ValidationStatus = ValidationStatus.pending
    address_check: ValidationStatus = ValidationStatus.pending
    consent_check: ValidationStatus = ValidationStatus.pending


@dataclass(frozen=True)
class ScoreReason:
    """One line of the score: a stable code, thousandths, and words without contact."""

    code: str
    points: int
    text: str


@dataclass(frozen=True)
class Score:
    """A value from 0.000 to 1.000: exactly the sum of its reasons' points."""

    value: Decimal
    reasons: tuple[ScoreReason, ...]


def score(facts: ScoreFacts) -> Score:
    """Add up the table above for one lead."""
    reasons = tuple(
        reason
        for part in (_email, _phone, _address, _name, _consent)
        for reason in part(facts)
    )
    return Score(Decimal(sum(r.points for r in reasons)).scaleb(-3), reasons)


def _email(facts: ScoreFacts) -> Iterator[ScoreReason]:
    if not facts.email.strip():
        yield ScoreReason("email_missing", 0, "No email address")
        return
    yield ScoreReason("email_given", 100, "Email address given")
    yield _checked("email", facts.email_check, 150)
    if facts.email.rpartition("@")[2].strip().lower() in FREE_DOMAINS:
        yield ScoreReason("email_free", 20, "Address of a free mail service")
    else:
        yield ScoreReason("email_own_domain", 40, "Address in a domain of its own")


def _phone(facts: ScoreFacts) -> Iterator[ScoreReason]:
    if not facts.phone.strip():
        yield ScoreReason("phone_missing", 0, "No phone number")
        return
    yield ScoreReason("phone_given", 100, "Phone number given")
    yield _checked("phone", facts.phone_check, 150)
    if facts.email.strip():
        yield ScoreReason("both_contacts", 40, "Both email and phone")


def _address(facts: ScoreFacts) -> Iterator[ScoreReason]:
    parts = (facts.address, facts.city, facts.state, facts.zip)
    if not any(part.strip() for part in parts):
        yield ScoreReason("address_missing", 0, "No address")
        return
    if all(part.strip() for part in parts):
        yield ScoreReason("address_complete", 60, "Street, city, state and ZIP given")
    else:
        yield ScoreReason("address_partial", 0, "Part of the address is missing")
    if facts.zip_state and facts.state.strip():
        if facts.zip_state.casefold() == facts.state.strip().casefold():
            yield ScoreReason("zip_agrees", 60, "ZIP lies in the state")
        else:
            yield ScoreReason("zip_disagrees", 0, "ZIP lies in another state")
    yield _checked("address", facts.address_check, 60)


def _name(facts: ScoreFacts) -> Iterator[ScoreReason]:
    names = (facts.first_name, facts.last_name)
    plausible = sum(_is_plausible(name) for name in names)
    if plausible == _WHOLE_NAME:
        yield ScoreReason("name_full", 80, "First and last name read like names")
    elif plausible:
        yield ScoreReason("name_part", 30, "Only one name reads like a name")
    else:
        yield ScoreReason("name_missing", 0, "No name that reads like one")


def _consent(facts: ScoreFacts) -> Iterator[ScoreReason]:
    if not facts.has_consent:
        yield ScoreReason("consent_missing", 0, "No consent")
        return
    yield ScoreReason("consent_given", 60, "Consent given")
    if facts.has_certificate:
        yield ScoreReason("certificate", 50, "Consent has a certificate")
    yield _checked("consent", facts.consent_check, 50)


def _checked(what: str, verdict: ValidationStatus, most: int) -> ScoreReason:
    points = most * _PERCENT[verdict] // 100
    if verdict is ValidationStatus.pending:
        return ScoreReason(f"{what}_unchecked", points, f"Check of {what} not made")
    code = f"{what}_{verdict.value}"
    return ScoreReason(code, points, f"Check of {what}: {verdict.value}")


def _is_plausible(name: str) -> bool:
    letters = [c for c in name if c not in _BETWEEN]
    return len(letters) >= _LEAST_LETTERS and all(c.isalpha() for c in letters)
