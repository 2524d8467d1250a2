"""The first score: its points add up, and better leads score higher."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.scoring import ScoreFacts, score
from app.domain.states import ValidationStatus

VALID = ValidationStatus.valid
BEST = ScoreFacts(
    email="ada@byron.example",
    phone="+14155552671",
    first_name="Ada",
    last_name="O'Byron-King",
    address="1 Main St",
    city="San Francisco",
    state="CA",
    zip="94105",
    zip_state="CA",
    has_consent=True,
    has_certificate=True,
    email_check=VALID,
    phone_check=VALID,
    address_check=VALID,
    consent_check=VALID,
)
FACTS = st.builds(
    ScoreFacts,
    email=st.sampled_from(["", "ada@gmail.com", "ada@byron.example"]),
    phone=st.sampled_from(["", "+14155552671"]),
    first_name=st.text(max_size=4),
    last_name=st.text(max_size=4),
    state=st.sampled_from(["", "CA", "NY"]),
    zip=st.sampled_from(["", "94105"]),
    zip_state=st.sampled_from(["", "CA"]),
    has_consent=st.booleans(),
    has_certificate=st.booleans(),
    email_check=st.sampled_from(ValidationStatus),
    phone_check=st.sampled_from(ValidationStatus),
    address_check=st.sampled_from(ValidationStatus),
    consent_check=st.sampled_from(ValidationStatus),
)


def points(facts: ScoreFacts) -> dict[str, int]:
    return {reason.code: reason.points for reason in score(facts).reasons}


def test_best_lead_scores_one_and_an_empty_one_nothing() -> None:
    assert score(BEST).value == Decimal("1.000")
    assert score(ScoreFacts()).value == Decimal("0.000")


@given(FACTS)
def test_value_is_the_sum_of_its_reasons(facts: ScoreFacts) -> None:
    result = score(facts)

    assert result.value * 1000 == sum(reason.points for reason in result.reasons)
    assert 0 <= result.value <= 1
    assert result.value.as_tuple().exponent == -3


@pytest.mark.parametrize("check", ["email", "phone", "address", "consent"])
def test_each_check_orders_valid_unknown_risky_invalid(check: str) -> None:
    verdicts = ("valid", "unknown", "risky", "invalid")

    values = [
        score(replace(BEST, **{f"{check}_check": ValidationStatus(verdict)})).value
        for verdict in verdicts
    ]

    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 4


def test_free_mail_and_foreign_zip_score_less_and_say_so() -> None:
    facts = replace(BEST, email="ada@gmail.com", zip_state="NY")

    assert points(facts)["email_free"] == 20
    assert points(facts)["zip_disagrees"] == 0
    assert score(facts).value == Decimal("0.920")


def test_certificate_counts_only_with_consent() -> None:
    assert score(replace(BEST, has_certificate=False)).value == Decimal("0.950")
    assert points(replace(BEST, has_consent=False))["consent_missing"] == 0
    assert "certificate" not in points(replace(BEST, has_consent=False))


@pytest.mark.parametrize("name", ["", "X", "123", "a1b2", "@@"])
def test_implausible_name_earns_a_part_only(name: str) -> None:
    assert points(replace(BEST, last_name=name))["name_part"] == 30


def test_reasons_name_no_contact_data() -> None:
    text = " ".join(reason.text for reason in score(BEST).reasons)

    assert "ada" not in text.lower()
    assert "4155552671" not in text
