"""Passwords: argon2id, with the parameters that OWASP names for it (19 MiB, two passes, one lane)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from geogrid.errors import InputError

MIN_LENGTH: Final = 12
#: Longer ones only cost time.
MAX_LENGTH: Final = 256
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str, name: str) -> str:
    """Return the hash of a new password, with its salt and parameters.

    Parameters
    ----------
    password
        As it was typed.
    name
        Of the account: a password that holds it is guessed first.

    Raises
    ------
    InputError
        If it is too short, too long, or holds the name.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InputError(
            f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.", code="password_length", field="password"
        )
    if name.casefold() in password.casefold() or len(set(password)) < MIN_LENGTH // 3:
        raise InputError(
            "The password holds the name, or is the same few characters over and over.",
            code="password_weak",
            field="password",
            remedy="Take several words, or let a password manager make one.",
        )
    return _hasher.hash(_bytes(password))


def verify_password(password_hash: str | None, password: str) -> bool:
    """Return whether a password is the one of a hash; where there is no hash the answer takes as long.

    Examples
    --------
    >>> verify_password(hash_password("three plain words", "test"), "three plain words"), matches(None, "anything")
    (True, False)
    """
    try:
        _hasher.verify(password_hash or _nobody(), _bytes(password[: MAX_LENGTH + 1]))
    except VerificationError:
        return False
    return password_hash is not None


@lru_cache(maxsize=1)
def _nobody() -> str:
    """Return a hash that no password leads to but by chance."""
    return _hasher.hash(b"")


def _bytes(password: str) -> bytes:
    # The same character can be typed in several ways. Half characters, which JSON can hold, are no error here.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
