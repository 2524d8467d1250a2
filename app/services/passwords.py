"""Passwords: hashed with argon2id, compared in the same time whoever is asked for.

OWASP's least for argon2id: 19 MiB, two passes, one lane. More would let a handful of
log-ins at once take the memory of a small machine.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from werkzeug.security import check_password_hash

MEMORY_KIB = 19_456
PASSES = 2
_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
# A hash that no password opens, as costly to compare as any other.
NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$b6G/Xopn4dXmfjbU3sEW/w"
    "$9cS9Ll119Z4bbQiN/ta8OVtavTuZTNMV0RTi6J8q9Dw"
)
WERKZEUG = ("scrypt:", "pbkdf2:")


def hash_password(password: str) -> str:
    """Return the hash under which a password is stored."""
    return _hasher.hash(password)


def matches(stored: str | None, given: str) -> bool:
    """Say whether the password is the stored one; without a stored one it never is.

    It takes as long in either case.
    """
    if stored is not None and stored.startswith(WERKZEUG):
        return check_password_hash(stored, given)
    try:
        return _hasher.verify(stored or NOBODY, given) and bool(stored)
    except (VerifyMismatchError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Say whether a stored hash is weaker than new ones are."""
    return stored.startswith(WERKZEUG) or _hasher.check_needs_rehash(stored)
