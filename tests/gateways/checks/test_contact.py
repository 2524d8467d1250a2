"""What is plainly good is let through as the libraries would let it through."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateways.checks import contact
from app.gateways.checks.contact import normalise_email, normalise_phone

NEVER = re.compile(r"(?!)")
WORD = st.text("abyz019", min_size=1, max_size=12)
LOCAL = st.lists(WORD, min_size=1, max_size=4).flatmap(
    lambda words: st.sampled_from("._+-").map(lambda mark: mark.join(words))
)
ENDING = st.one_of(
    st.sampled_from(["com", "de", "co.uk", "museum", "xn--p1ai", "x1", "c", "org"]),
    st.sampled_from(["test", "example", "local", "arpa", "onion", "localhost"]),
    st.sampled_from(["mailinator.com", "example.com"]),
)
EMAIL = st.builds("{}@{}.{}".format, LOCAL, st.from_regex(r"[a-z0-9-]{1,9}"), ENDING)
PHONE = st.from_regex(r"\+1[2-9]\d{2}[2-9]\d{6}", fullmatch=True)


def by_library(normalise: Callable[[], object]) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contact, "_PLAIN_EMAIL", NEVER)
        patch.setattr(contact, "_PLAIN_PHONE", NEVER)
        return normalise()


@given(EMAIL)
def test_email_is_read_as_the_library_reads_it(email: str) -> None:
    assert normalise_email(email) == by_library(lambda: normalise_email(email))


@given(PHONE, st.sampled_from(["US", "CA", "GB"]))
def test_phone_is_read_as_the_library_reads_it(phone: str, country: str) -> None:
    found = by_library(lambda: normalise_phone(phone, country))

    assert normalise_phone(phone, country) == found


def test_plain_contact_needs_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact, "validate_email", None)
    monkeypatch.setattr(contact, "phonenumbers", None)

    assert normalise_email("ada.byron@example.org")[0] == "ada.byron@example.org"
    assert normalise_phone("+14155550100", "US") == "+14155550100"
