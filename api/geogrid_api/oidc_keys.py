"""The keys of an OpenID provider: fetched over HTTP, and read with mistrust."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt

if TYPE_CHECKING:
    from collections.abc import Collection

_TIMEOUT_S: Final = 5
_MAX_BYTES: Final = 1_000_000
_MAX_KEYS: Final = 50


class _NoRedirects(HTTPRedirectHandler):
    """A provider's keys are where the settings say, and nowhere else."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        """Follow nothing: the answer is an error then."""


def fetch_json(url: str) -> dict[str, Any]:
    """Return the JSON object at an address.

    Raises
    ------
    OSError
        If it does not answer in time, or with an error.
    ValueError
        If the address is not one of HTTP, or if what is there is no object or too large.
    """
    if not url.startswith(("https://", "http://")):
        raise ValueError("not an address of HTTP")
    request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 - the scheme is checked above
    with build_opener(_NoRedirects).open(request, timeout=_TIMEOUT_S) as answer:
        content = answer.read(_MAX_BYTES + 1)
    found = json.loads(content) if len(content) <= _MAX_BYTES else None
    if not isinstance(found, dict):
        raise ValueError("no JSON object, or too large a one")  # noqa: TRY004 - one kind of error for what is there
    return found


def read_keys(document: dict[str, Any], algorithms: Collection[str]) -> dict[str, jwt.PyJWK]:
    """Return the keys of a JWK set that sign by one of the algorithms, by their numbers (``kid``); others are left out.

    Raises
    ------
    ValueError
        If there is none.
    """
    rows = document.get("keys")
    found: dict[str, jwt.PyJWK] = {}
    for row in rows[:_MAX_KEYS] if isinstance(rows, list) else []:
        # Without an algorithm of its own a key of RSA may sign by RS256, and one of P-256 by ES256.
        if not isinstance(row, dict) or not isinstance(row.get("kid"), str) or row.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK(row)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if key.algorithm_name in algorithms:
            found[row["kid"]] = key
    if not found:
        raise ValueError("no keys")
    return found
