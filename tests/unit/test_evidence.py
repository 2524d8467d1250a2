"""What the audit log may keep of a value."""

import json
from datetime import UTC, datetime

import pytest

from app.domain.evidence import MOST, differences, evidence
from app.domain.states import AccountStatus


def kept(**facts: object) -> str:
    return json.dumps(evidence(facts), ensure_ascii=False)


def test_plain_facts_are_kept_as_they_are() -> None:
    facts = {
        "price_cents": 2500,
        "weight": 0.5,
        "is_test": True,
        "status": AccountStatus.paused,
        "at": datetime(2026, 11, 21, 7, 3, tzinfo=UTC),
        "reason": None,
        "states": ["CA", "NV"],
        "window": {"from": "09:00"},
    }

    assert evidence(facts) == facts | {
        "status": "paused",
        "at": "2026-11-21T07:03:00+00:00",
    }


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org",
        "Ada <ada@example.org> called",
        "+1 415 555 2671",
        "+14155552671",
        "call (415) 555-2671 now",
        "415-555-2671",
        "4155552671",
        "+49 (0) 30 901820",
    ],
)
def test_contact_data_in_a_text_is_masked(text: str) -> None:
    written = kept(note=text, deep={"list": [text]})

    for part in ("ada@", "example.org", "555 2671", "5552671", "555-2671", "901820"):
        assert part not in written


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T07:03:00.123456+00:00",
        "0193512e-7c11-7d4a-9b1e-0f2a3c4d5e6f",
        "94105, 94106, 94107",
        "09:00 to 17:00",
        "Solar 2026",
    ],
)
def test_what_is_no_contact_data_stays_readable(text: str) -> None:
    assert evidence({"value": text}) == {"value": text}


def test_secrets_are_never_kept_by_value() -> None:
    written = kept(
        password="hunter2222",
        api_key="abcdef",
        auth={"client_secret": "s3cret", "type": "oauth2", "access_token": "t0ken"},
        sealed=b"bytes",
    )

    for secret in ("hunter2222", "abcdef", "s3cret", "t0ken", "bytes"):
        assert secret not in written
    assert "oauth2" in written


def test_addresses_lose_their_log_in_and_query() -> None:
    assert evidence({"url": "https://u:p@crm.example/in?key=abc#x"}) == {
        "url": "https://crm.example/in?***"
    }


def test_literals_of_a_mapping_are_hidden_its_paths_are_not() -> None:
    mapping = [
        {"target": "key", "source": "'abc'"},
        {"target": "mail", "source": "email"},
    ]

    assert evidence({"mapping": mapping}) == {
        "mapping": [
            {"target": "key", "source": "'…'"},
            {"target": "mail", "source": "email"},
        ]
    }


def test_a_long_value_is_kept_as_its_length_and_digest() -> None:
    one, other = (evidence({"text": "x" * MOST + tail}) for tail in "ab")

    assert one is not None
    assert other is not None
    assert set(one["text"]) == {"length", "sha256"}  # type: ignore[call-overload]
    assert one != other


def test_only_what_differs_is_told_of_objects_too() -> None:
    before = {"name": "A", "content": {"title": "Old", "text": "Same"}, "gone": 1}
    after = {"name": "A", "content": {"title": "New", "text": "Same"}, "new": 2}

    assert differences(before, after) == (
        {"content.title": "Old", "gone": 1, "new": None},
        {"content.title": "New", "gone": None, "new": 2},
    )


def test_a_secret_tells_that_it_was_set_or_changed() -> None:
    assert differences({"auth": None}, {"auth": b"1"}) == (
        {"auth": None},
        {"auth": "set"},
    )
    assert differences({"auth": b"1"}, {"auth": b"2"}) == (
        {"auth": "set"},
        {"auth": "changed"},
    )
    assert differences({"auth": b"1"}, {"auth": None}) == (
        {"auth": "set"},
        {"auth": None},
    )
