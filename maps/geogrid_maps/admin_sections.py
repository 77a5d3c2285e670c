"""The sections of the administration area, and the permissions that open them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from geogrid.model import Permission


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the administration area.

    Attributes
    ----------
    key
        Prefix of its text keys.
    path
        URL path of its page.
    permissions
        Permissions of which a user needs one.
    """

    key: str
    path: str
    permissions: frozenset[Permission]


_READERS: Final = frozenset({Permission.USERS_MANAGE, Permission.AUDIT_READ})
SECTIONS: Final = (
    Section("accounts", "/admin/accounts", frozenset({Permission.USERS_MANAGE})),
    Section("keys", "/admin/keys", frozenset({Permission.KEYS_MANAGE})),
    Section("people", "/admin/people", frozenset({Permission.PEOPLE_READ, Permission.PEOPLE_WRITE})),
    Section("rules", "/admin/rules", _READERS | {Permission.RULES_WRITE}),
    Section("layers", "/admin/layers", _READERS | {Permission.LAYERS_WRITE}),
    Section("audit", "/admin/audit", frozenset({Permission.AUDIT_READ})),
)
