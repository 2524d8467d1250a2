"""Contacts come out in one form, or with every problem and its fix."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.fields import CONTACT
from app.gateways.checks import CheckResult, provider, providers
from app.gateways.checks.offline import MAX_LENGTH, read_contact, run_offline
from app.gateways.checks.places import (
    normalise_country,
    normalise_postcode,
    normalise_state,
    state_of_zip,
    zip_fits_state,
)

ADA = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@example.org",
    "phone": "+14155552671",
    "address": "1 Main St",
    "city": "San Francisco",
    "state": "CA",
    "zip": "94105",
    "country": "US",
}


def codes(raw: dict[str, object], **more: object) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in read_contact(raw, **more)[1]]


def test_sound_contact_stays_as_it_is() -> None:
    contact, errors = read_contact(ADA)

    assert contact == ADA | {"email_compared": "ada@example.org"}
    assert errors == []


def test_nothing_given_is_no_error() -> None:
    contact, errors = read_contact({})

    empty = dict.fromkeys(CONTACT) | {"country": "US", "email_compared": None}
    assert (contact, errors) == (empty, [])


def test_contact_is_brought_into_one_form() -> None:
    contact, errors = read_contact(
        {
            "first_name": "  Zoe\u0308\u200b ",
            "last_name": "van \t der\u00a0 Berg",
            "email": " Ada.Byron@EXAMPLE.org ",
            "phone": "(415) 555-2671",
            "address": "1 Main St\r\nApt 5",
            "city": " ",
            "state": "california",
            "zip": "94105 1234",
            "country": "usa",
        }
    )

    assert errors == []
    assert contact == {
        "first_name": "Zoë",
        "last_name": "van der Berg",
        "email": "Ada.Byron@example.org",
        "email_compared": "ada.byron@example.org",
        "phone": "+14155552671",
        "address": "1 Main St Apt 5",
        "city": None,
        "state": "CA",
        "zip": "94105-1234",
        "country": "US",
    }


def test_every_problem_is_told_at_once() -> None:
    raw = {
        "first_name": "x" * 101,
        "last_name": "a\x00b",
        "email": "ada@",
        "phone": "123",
        "city": 7,
        "state": "Bavaria",
        "zip": "941055",
    }

    assert codes(raw) == [
        ("first_name", "too_long"),
        ("last_name", "bad_characters"),
        ("city", "type"),
        ("email", "invalid_email"),
        ("phone", "invalid_phone"),
        ("state", "unknown_state"),
        ("zip", "invalid_postcode"),
    ]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"email": "a@localhost"}, "invalid_email"),
        ({"email": "a@example.invalid"}, "invalid_email"),
        ({"email": "a b@example.com"}, "invalid_email"),
        ({"email": "a..b@example.com"}, "invalid_email"),
        ({"email": "Ada <a@example.com>"}, "invalid_email"),
        ({"email": "a@b@example.com"}, "invalid_email"),
        ({"email": "a@[127.0.0.1]"}, "invalid_email"),
        ({"email": "a@mailinator.com"}, "disposable_email"),
        ({"email": "a@Sub.MAILINATOR.com"}, "disposable_email"),
        ({"email": "a@" + "b." * 200 + "com"}, "too_long"),
        ({"phone": "call me"}, "invalid_phone"),
        ({"phone": "+1 213 000 1234"}, "invalid_phone"),
        ({"phone": "+999 123456"}, "invalid_phone"),
        ({"phone": "5552671"}, "invalid_phone"),
        ({"phone": "4" * 51}, "too_long"),
        ({"state": "ON"}, "unknown_state"),
        ({"zip": "9"}, "invalid_postcode"),
        ({"zip": "ABCDE"}, "invalid_postcode"),
        ({"zip": "94105", "state": "NY"}, "zip_state_mismatch"),
        ({"zip": "M5V 2T6", "state": "QC", "country": "CA"}, "zip_state_mismatch"),
        ({"country": "Atlantis"}, "unknown_country"),
        ({"country": "ZZ"}, "unknown_country"),
        ({"first_name": "\u202egnp.exe"}, "bad_characters"),
        ({"address": "a\x1bb"}, "bad_characters"),
        ({"city": "\ud800"}, "bad_characters"),
        ({"city": True}, "type"),
        ({"zip": 94105}, "type"),
        ({"address": "x" * 201}, "too_long"),
        ({"address": "x" * 10_000_000}, "too_long"),
    ],
)
def test_problem_has_its_code(raw: dict[str, object], code: str | None) -> None:
    [(field, found)] = codes(raw)

    assert found == code
    assert field in raw


def test_messages_quote_nothing_that_was_sent() -> None:
    raw = dict.fromkeys(CONTACT, "s3cret\x00")
    raw |= {"email": "s3cret@", "phone": "s3cret", "state": "s3cret", "zip": "s3cret"}

    errors = read_contact(raw)[1]

    assert len(errors) == len(CONTACT)
    assert not any("s3cret" in error.message for error in errors)
    assert all(error.message.endswith(".") for error in errors)


@pytest.mark.parametrize(
    ("email", "stored", "compared"),
    [
        ("ADA@EXAMPLE.ORG", "ADA@example.org", "ada@example.org"),
        ("a+b@example.org", "a+b@example.org", "a+b@example.org"),
        ("ada@münchen.de", "ada@münchen.de", "ada@münchen.de"),
        ("ADA@xn--mnchen-3ya.de", "ADA@münchen.de", "ada@münchen.de"),
        ("o'hara@example.co.uk", "o'hara@example.co.uk", "o'hara@example.co.uk"),
    ],
)
def test_email_is_stored_as_written_and_compared_in_lower_case(
    email: str, stored: str | None, compared: str
) -> None:
    contact, _ = read_contact({"email": email})

    assert (contact["email"], contact["email_compared"]) == (stored, compared)


@pytest.mark.parametrize(
    ("phone", "country", "stored"),
    [
        ("415.555.2671", "US", "+14155552671"),
        ("1 (415) 555-2671", "US", "+14155552671"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 20 7946 0958", "US", "+442079460958"),
        ("416-555-2671", "CA", "+14165552671"),
        ("415-555-2671 x5", "US", "+14155552671"),
        ("（415）５５５－２６７１", "US", "+14155552671"),  # noqa: RUF001
    ],
)
def test_phone_is_stored_in_e164(phone: str, country: str, stored: str | None) -> None:
    contact, errors = read_contact({"phone": phone, "country": country})

    assert (contact["phone"], errors) == (stored, [])


@pytest.mark.parametrize(
    ("text", "country", "stored"),
    [
        ("94105", "US", "94105"),
        ("2134", "US", "02134"),
        ("501", "US", "00501"),
        ("94105-1234", "US", "94105-1234"),
        ("941051234", "US", "94105-1234"),
        ("21341234", "US", "02134-1234"),
        ("2134.0", "US", "02134"),
        ("94105-", "US", None),
        ("94105-12", "US", None),
        ("９４１０５", "US", None),  # noqa: RUF001
        ("m5v2t6", "CA", "M5V 2T6"),
        ("M5V-2T6", "CA", "M5V 2T6"),
        ("D5V 2T6", "CA", None),
        ("sw1a 1aa", "GB", "SW1A 1AA"),
        ("10115", "DE", "10115"),
        ("1011", "DE", None),
        ("anything", "AE", "ANYTHING"),
    ],
)
def test_postcode_is_written_as_its_country_does(
    text: str, country: str, stored: str | None
) -> None:
    assert normalise_postcode(text, country) == stored


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("ca", "US", "CA"),
        ("New  York", "US", "NY"),
        ("D.C.", "US", "DC"),
        ("Washington, D.C.", "US", "DC"),
        ("puerto rico", "US", "PR"),
        ("Ontario", "CA", "ON"),
        ("Québec", "CA", "QC"),
        ("Quebec", "CA", "QC"),
        ("Bayern", "DE", "Bayern"),
        ("CAL", "US", None),
    ],
)
def test_state_becomes_its_code(text: str, country: str, code: str | None) -> None:
    assert normalise_state(text, country) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("us", "US"),
        ("U.S.A.", "US"),
        ("United States", "US"),
        ("canada", "CA"),
        ("UK", "GB"),
        ("Germany", "DE"),
        ("??", None),
        ("", None),
    ],
)
def test_country_becomes_its_code(text: str, code: str | None) -> None:
    assert normalise_country(text) == code


@pytest.mark.parametrize(
    ("postcode", "state"),
    [
        ("94105", "CA"),
        ("00501", "NY"),
        ("10001-1234", "NY"),
        ("02134", "MA"),
        ("96799", "AS"),
        ("96813", "HI"),
        ("73301", "TX"),
        ("00000", ""),
    ],
)
def test_zip_tells_its_state(postcode: str, state: str) -> None:
    assert state_of_zip(postcode) == state
    assert zip_fits_state(postcode, state, "US")


def test_state_fits_any_postcode_where_nothing_is_known() -> None:
    assert zip_fits_state("10115", "Bayern", "DE")
    assert state_of_zip("10115", "DE") == ""


@given(st.dictionaries(st.sampled_from(CONTACT), st.text(max_size=60)))
def test_what_was_read_reads_the_same_again(raw: dict[str, object]) -> None:
    contact, _ = read_contact(raw)

    again, errors = read_contact({name: contact[name] for name in CONTACT})

    assume(contact["country"] is not None)
    assert {error.code for error in errors} <= {"zip_state_mismatch"}
    assert all(again[name] == contact[name] for name in ("email", "phone", "state"))


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.lists(st.text())


@given(st.dictionaries(st.sampled_from(CONTACT), st.text() | JSON))
def test_nothing_that_is_sent_breaks_the_reading(raw: dict[str, object]) -> None:
    contact, _ = read_contact(raw)

    assert contact.keys() == {*CONTACT, "email_compared"}
    assert all(len(contact[name] or "") <= most for name, most in MAX_LENGTH.items())


@pytest.mark.parametrize(
    ("check", "changes", "verdict", "reasons"),
    [
        ("email", {}, "valid", ()),
        ("email", {"email": None}, "unknown", ("missing",)),
        ("email", {"email": "a@"}, "invalid", ("invalid_email",)),
        ("email", {"email": "a@mailinator.com"}, "invalid", ("disposable_email",)),
        ("phone", {}, "valid", ()),
        ("phone", {"phone": "+18005552671"}, "risky", ("toll_free",)),
        ("phone", {"phone": "+19005552671"}, "risky", ("premium_rate",)),
        ("phone", {"phone": "+12130001234"}, "invalid", ("invalid_phone",)),
        ("address", {}, "valid", ()),
        ("address", {"zip": "10001"}, "invalid", ("zip_state_mismatch",)),
        ("address", {"city": None}, "unknown", ("incomplete",)),
        ("address", {"country": "DE", "zip": "10115", "state": None}, "valid", ()),
        ("consent", {}, "invalid", ("missing",)),
        ("consent", {"consent": {"text": "I agree"}}, "invalid", ("incomplete",)),
        ("consent", {"consent": {"text": "Yes", "given_at": "2026"}}, "valid", ()),
        ("horoscope", {}, "error", ("no_such_check",)),
    ],
)
def test_offline_check_gives_its_verdict(
    check: str, changes: dict[str, object], verdict: str, reasons: tuple[str, ...]
) -> None:
    result = run_offline(check, ADA | changes)

    assert result == CheckResult(check, "offline", verdict, reasons, cost_cents=0)
    assert provider("offline").run(check, ADA | changes) == result


def test_provider_that_does_not_exist_answers_error() -> None:
    result = provider("clearout").run("email", ADA)

    assert result == CheckResult("email", "clearout", "error", ("no_provider",))
    assert providers() == ("offline",)
