"""Passwords: hashed by argon2id with parameters decided here, once. Knows no tables.

Hashing takes 64 MiB and some 50 ms on purpose; a few at a time, so that a wave of log-ins cannot
eat the memory of the survey page.
"""

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from api.access.errors import WeakPassword

SHORTEST = 10
LONGEST = 256

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_at_once = BoundedSemaphore(4)


def check_password(password: str, *not_in: str) -> None:
    """Nothing, or WeakPassword: too short, too long, too plain, or one of ``not_in``."""
    folded = password.casefold()
    plain = len(set(folded)) < 5
    own = any(len(part) > 3 and part.casefold() in folded for part in not_in)
    if not SHORTEST <= len(password) <= LONGEST or plain or own:
        raise WeakPassword(field="password", shortest=SHORTEST)


def hash_password(password: str) -> str:
    """The hash that is stored, with its salt and parameters."""
    with _at_once:
        return _hasher.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """True when ``password`` made ``stored``; takes as long when there is nothing stored."""
    with _at_once:
        try:
            fits = _hasher.verify(stored or _nobodys_hash(), password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return fits and stored is not None


def is_outdated(stored: str) -> bool:
    """True when ``stored`` was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("the password of nobody")
