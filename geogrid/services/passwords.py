"""Password hashing with argon2id and the parameters recommended by OWASP (19 MiB, two passes, one lane)."""

from __future__ import annotations

import secrets
import unicodedata
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from geogrid.errors import InputError

MIN_LENGTH: Final = 12
#: Longer passwords only cost time.
MAX_LENGTH: Final = 256
#: Letters and digits that nobody mistakes for one another when they are read out.
_CLEAR: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _IN_GROUP = 4, 5
#: A name of two letters is in one password of fifty.
_TRIES: Final = 50
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str, name: str) -> str:
    """Return the hash of a new password, with its salt and parameters.

    Parameters
    ----------
    password
        The new password.
    name
        The login name, which the password must not contain.

    Raises
    ------
    InputError
        If the password is too short, too long or too weak.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InputError(
            f"A password needs {MIN_LENGTH} to {MAX_LENGTH} characters.", code="password_length", field="password"
        )
    if name.casefold() in password.casefold() or len(set(password)) < MIN_LENGTH // 3:
        raise InputError(
            "The password contains the login name, or repeats a few characters.",
            code="password_weak",
            field="password",
            remedy="Use several words, or a password manager.",
        )
    return _hasher.hash(_encode(password))


def make_password(name: str) -> str:
    """Return a random password of about 99 bits that the policy accepts for an account.

    Parameters
    ----------
    name
        The login name of the account, which the password must not hold. A name that no account can have, such as
        ``-``, may be in it.

    Examples
    --------
    >>> len(make_password("test"))
    23
    """
    password = ""
    for _ in range(_TRIES):
        groups = ("".join(secrets.choice(_CLEAR) for _ in range(_IN_GROUP)) for _ in range(_GROUPS))
        password = "-".join(groups)
        if name.casefold() not in password and len(set(password)) >= MIN_LENGTH // 3:
            break
    return password


def verify_password(password_hash: str | None, password: str) -> bool:
    """Return whether a password matches a hash; without a hash, return False after the same time.

    Examples
    --------
    >>> verify_password(hash_password("three plain words", "test"), "three plain words")
    True
    >>> verify_password(None, "anything")
    False
    """
    try:
        _hasher.verify(password_hash or _dummy_hash(), _encode(password[: MAX_LENGTH + 1]))
    except VerificationError:
        return False
    return password_hash is not None


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    """Return a hash for accounts that do not exist."""
    return _hasher.hash(b"")


def _encode(password: str) -> bytes:
    # NFKC unifies different encodings of a character. JSON may contain single surrogates, which are not an error here.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
