"""Verification of OpenID Connect tokens. Tokens are not stored."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final

import jwt

from geogrid.errors import AccessError, SetupError
from geogrid.model import EVERY_ROLE, Actor, Bounds, Role
from geogrid_api.oidc_keys import fetch_json, read_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.settings import Settings

_ALGORITHMS: Final = ("RS256", "ES256")
#: Lifetime of cached keys, and minimum interval between two fetches, in seconds.
KEEP_S: Final = 3_600
RETRY_S: Final = 60
#: Lifetime of cached keys while the issuer does not respond, in seconds.
MAX_AGE_S: Final = 4 * KEEP_S
#: Tolerated clock difference, in seconds.
_LEEWAY_S: Final = 30
_MAX_TOKEN: Final = 8_192
_MAX_SUBJECT: Final = 90
_MAX_NAME: Final = 100
_MAX_BOUNDS: Final = 200


class OidcIssuer:
    """OpenID provider whose tokens are accepted.

    Parameters
    ----------
    settings
        Issuer, audience, key set URL, and the claims with roles and bounds.
    """

    def __init__(self, settings: Settings) -> None:
        self._name = settings.oidc_issuer or ""
        self._audience = settings.oidc_audience
        self._jwks_url = settings.oidc_jwks_url
        self._roles_claim = settings.oidc_roles_claim
        self._bounds_claim = settings.oidc_bounds_claim
        self._jwt = jwt.PyJWT({"enforce_minimum_key_length": True})
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")

    def actor_of(self, token: str) -> Actor:
        """Return the actor that a token identifies.

        Raises
        ------
        AccessError
            If the token is invalid, expired, for another audience, or lacks a required claim.
        SetupError
            If the keys of the issuer cannot be fetched.
        """
        try:
            return self._actor(self._claims(token))
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise AccessError("The token is invalid or has expired.", code="token", remedy="Log in again.") from error

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > _MAX_TOKEN:
            raise ValueError("too long")
        head = jwt.get_unverified_header(token)
        key = self._key(str(head.get("kid", "")))
        # The key determines the algorithm. The header of the token must not choose it.
        return self._jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=self._audience,
            issuer=self._name,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )

    def _key(self, key_id: str) -> jwt.PyJWK:
        with self._lock:
            now = time.monotonic()
            expired = now - self._fetched_at >= KEEP_S
            if (expired or key_id not in self._keys) and now - self._tried_at >= RETRY_S:
                self._tried_at = now
                self._refresh(now)
            if now - self._fetched_at >= MAX_AGE_S:
                raise SetupError(
                    "The keys of the OpenID provider cannot be fetched.",
                    code="oidc_unreachable",
                    remedy="Try again in a minute.",
                )
            if key_id not in self._keys:
                raise jwt.InvalidKeyError("unknown key")
            return self._keys[key_id]

    def _refresh(self, now: float) -> None:
        try:
            keys = read_keys(fetch_json(self._jwks_url or self._discover()), _ALGORITHMS)
        except (OSError, ValueError):
            # Cached keys remain in use until MAX_AGE_S.
            return
        self._keys, self._fetched_at = keys, now

    def _discover(self) -> str:
        """Return the key set URL from the issuer's metadata."""
        metadata = fetch_json(self._name.rstrip("/") + "/.well-known/openid-configuration")
        if metadata.get("issuer") != self._name:
            raise ValueError("another issuer")
        return str(metadata.get("jwks_uri"))

    def _actor(self, claims: Mapping[str, Any]) -> Actor:
        subject = claims["sub"]
        if not 0 < len(subject) <= _MAX_SUBJECT or not subject.isprintable():
            raise ValueError("no usable subject")
        name = claims.get("name") or claims.get("preferred_username") or subject
        if not isinstance(name, str) or not name.isprintable():
            raise ValueError("no usable name")
        roles = _roles(_claim(claims, self._roles_claim))
        bounds = _bounds(_claim(claims, self._bounds_claim)) if self._bounds_claim else Bounds()
        return Actor(f"oidc:{subject}", name[:_MAX_NAME], roles, bounds)


def _claim(claims: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - claims have any JSON type
    """Return a claim by its name, or by a dotted path such as ``realm_access.roles``."""
    value: Any = claims
    for name in [path] if path in claims else path.split("."):
        if not isinstance(value, dict):
            raise TypeError("no such claim")
        value = value.get(name)
    return value


def _roles(value: object) -> frozenset[Role]:
    """Return the roles in a claim. Unknown words are ignored: they belong to other services."""
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(role for role in EVERY_ROLE if role in words)


def _bounds(value: object) -> Bounds:
    """Return the bounds in a claim, an object with lists of codes; raise if it has any other form."""
    if not isinstance(value, dict) or not value.keys() <= {"areas", "categories", "departments"}:
        raise TypeError("no bounds")
    return Bounds(**{name: _words(words) for name, words in value.items()})


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or len(value) > _MAX_BOUNDS:
        raise TypeError("no list of codes")
    if not all(isinstance(word, str) and word for word in value):
        raise TypeError("no codes")
    return tuple(value)
