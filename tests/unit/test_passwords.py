"""Hashes: argon2id as OWASP asks for, and who has none is compared all the same."""

import pytest
from argon2 import extract_parameters
from werkzeug.security import generate_password_hash

from app.services.passwords import NOBODY, hash_password, is_outdated, matches

pytestmark = pytest.mark.usefixtures("dear_hashes")

PASSWORD = "a sound password 1"


def test_hash_is_argon2id_of_nineteen_mebibytes() -> None:
    made = extract_parameters(hash_password(PASSWORD))
    nobody = extract_parameters(NOBODY)

    assert made.type.name == "ID"
    assert (made.memory_cost, made.time_cost, made.parallelism) == (19 * 1024, 2, 1)
    assert nobody == made


def test_only_the_password_matches_its_hash() -> None:
    stored = hash_password(PASSWORD)

    assert matches(stored, PASSWORD)
    assert not matches(stored, PASSWORD + " ")
    assert not matches(None, PASSWORD)
    assert not matches("", "")
    assert not matches("nonsense", PASSWORD)


def test_older_hashes_still_open_and_are_to_be_renewed() -> None:
    old = generate_password_hash(PASSWORD)

    assert matches(old, PASSWORD)
    assert is_outdated(old)
    assert not is_outdated(hash_password(PASSWORD))
