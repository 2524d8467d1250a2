"""Masks: enough to recognise, too little to contact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.masking import mask_contact, mask_email, mask_name, mask_phone


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("ada@example.org", "a***@e***.org"),
        ("ada@mail.example.co.uk", "a***@m***.uk"),
        ("not an address", "***"),
        ("@example.org", "***"),
        ("ada@host.4155552671", "a***@h***"),
        ("", "***"),
    ],
)
def test_email_keeps_two_letters_and_its_ending(email: str, masked: str) -> None:
    assert mask_email(email) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("+14155552671", "+1 *** *** **71"),
        ("+1 415 555 2671", "+1 *** *** **71"),
        ("+442071234567", "+44 *** *** **67"),
        ("+353861234567", "+353 *** *** **67"),
        ("(415) 555-2671", "*** *** **71"),
        ("12", "***"),
        ("", "***"),
    ],
)
def test_phone_keeps_its_country_and_two_digits(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


def test_name_keeps_its_first_letter() -> None:
    assert mask_name(" Ada ") == "A***"
    assert mask_name("  ") == ""


def test_contact_is_masked_by_field_and_what_is_unknown_is_hidden() -> None:
    contact = {
        "first_name": "Ada",
        "email": "ada@example.org",
        "address": "1 Main St",
        "zip": "94105",
        "state": "CA",
        "test": False,
        "fields": {"roof": "tile", "state": "call 415 555 2671"},
        "ada@example.org": "",
    }

    assert mask_contact(contact) == {
        "first_name": "A***",
        "email": "a***@e***.org",
        "address": "***",
        "zip": "***",
        "state": "CA",
        "test": False,
        "fields": {"roof": "***", "state": "***"},
        "***": "***",
    }


@given(st.text(), st.sampled_from(["email", "phone", "name", "zip", "other"]))
def test_no_value_makes_masking_fail_or_shows_three_letters(
    value: str, name: str
) -> None:
    masked = mask_contact({name: value})[name]

    assert isinstance(masked, str)
    assert len(masked) <= 22


@given(st.integers(10**9, 10**14))
def test_phone_shows_at_most_five_digits(number: int) -> None:
    shown = [character for character in mask_phone(f"+{number}") if character != "*"]

    assert sum(character.isdigit() for character in shown) <= 5
