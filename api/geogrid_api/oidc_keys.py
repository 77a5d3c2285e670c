"""Fetch and parse the keys of an OpenID provider. The response is untrusted."""

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
    """Refuses redirects: keys may only come from the configured URL."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        """Return None, so that the redirect raises an HTTPError."""


def fetch_json(url: str) -> dict[str, Any]:
    """Return the JSON object at a URL.

    Raises
    ------
    OSError
        If the server does not respond in time, or with an error.
    ValueError
        If the URL is not HTTP, or if the response is not a JSON object or too large.
    """
    if not url.startswith(("https://", "http://")):
        raise ValueError("not an HTTP URL")
    request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 - the scheme is checked above
    with build_opener(_NoRedirects).open(request, timeout=_TIMEOUT_S) as response:
        content = response.read(_MAX_BYTES + 1)
    document = json.loads(content) if len(content) <= _MAX_BYTES else None
    if not isinstance(document, dict):
        raise ValueError("not a JSON object, or too large")  # noqa: TRY004 - callers catch ValueError
    return document


def read_keys(document: dict[str, Any], algorithms: Collection[str]) -> dict[str, jwt.PyJWK]:
    """Return the signing keys of a JWK set for the given algorithms, by key id (``kid``).

    Raises
    ------
    ValueError
        If there is no such key.
    """
    rows = document.get("keys")
    keys: dict[str, jwt.PyJWK] = {}
    for row in rows[:_MAX_KEYS] if isinstance(rows, list) else []:
        # PyJWK derives a missing algorithm from the key type: RS256 for RSA, ES256 for P-256.
        if not isinstance(row, dict) or not isinstance(row.get("kid"), str) or row.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK(row)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if key.algorithm_name in algorithms:
            keys[row["kid"]] = key
    if not keys:
        raise ValueError("no keys")
    return keys
