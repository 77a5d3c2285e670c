"""A new store for a district: its first rules and its first account."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError
from geogrid.model import CONSOLE, Grant, Role
from geogrid.rules.profile import Profile
from geogrid.rules.rule_texts import read_starting
from geogrid.services.layer_generations import BEGINNING
from geogrid.services.passwords import make_password
from geogrid.services.rule_versions import add_first_version, find_active_version_id, parse_checked_rules
from geogrid.services.users import add_user, list_users
from geogrid.store import rule_usage
from geogrid.store.generations import list_activations
from geogrid.store.tables import generations, incidents, posts, rule_versions, users

if TYPE_CHECKING:
    from geogrid.rules.rule_texts import RuleTexts
    from geogrid.store.database import Store

#: Roles of the first account: it creates accounts, and brings layers, people and rules.
FIRST_ROLES: Final = frozenset({Role.ADMINISTRATOR, Role.DATA_STEWARD})


@dataclass(frozen=True, slots=True)
class SetupState:
    """Which data of a district a store has.

    Attributes
    ----------
    rules
        Whether it has its own rules, and not those shipped with geogrid.
    layers
        Whether a generation is active.
    """

    rules: bool
    accounts: bool
    layers: bool
    people: bool
    incidents: bool


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """The first account, and its password, which is not stored in clear."""

    name: str
    password: str


def initialize_store(store: Store, texts: RuleTexts, administrator: str) -> FirstAccount | None:
    """Store the first rules and the first account of a district.

    Parameters
    ----------
    store
        An empty store.
    texts
        The rule files, see `starting_rules`.
    administrator
        Login name of the first account.

    Returns
    -------
    FirstAccount or None
        None if the store has accounts already.

    Raises
    ------
    ConflictError
        If the store has rules, layers or incidents.
    FileError
        If the rules have faults.
    """
    with store.read() as connection:
        used = any(rule_usage.has_rows(connection, one) for one in (rule_versions, generations, incidents))
    if used:
        raise ConflictError(
            "The store is in use: it has rules, layers or incidents.",
            code="store_in_use",
            remedy="Set GEOGRID_HOME to a new folder, or change the rules: geogrid rules import.",
        )
    rules = parse_checked_rules(store, texts)
    with store.write() as connection:
        add_first_version(connection, texts, BEGINNING)
    if list_users(store, CONSOLE):
        return None
    password = make_password(administrator)
    user = add_user(
        store,
        rules,
        CONSOLE,
        name=administrator,
        display_name="",
        password=password,
        grant=Grant(FIRST_ROLES),
    )
    return FirstAccount(user.name, password)


def read_setup_state(store: Store) -> SetupState:
    """Return which data of a district a store has."""
    version_id = find_active_version_id(store)
    with store.read() as connection:
        return SetupState(
            rules=version_id is not None,
            accounts=rule_usage.has_rows(connection, users),
            layers=bool(list_activations(connection)),
            people=rule_usage.has_rows(connection, posts),
            incidents=rule_usage.has_rows(connection, incidents),
        )


def starting_rules(
    scheme: str, *, name: str | None = None, name_en: str | None = None, zone: str | None = None
) -> dict[str, str]:
    """Return the rule files of a new district: a scheme of categories, and the commented profile with the given values.

    Examples
    --------
    >>> profile = Profile.parse(starting_rules("shizhi", name="某县", zone="Asia/Urumqi")["profile.toml"])
    >>> profile.district.name, profile.district.name_en, str(profile.district.zone)
    ('某县', '某县', 'Asia/Urumqi')
    """
    texts = read_starting(scheme)
    values = {"name": name, "name_en": name_en or name, "zone": zone}
    profile = texts[Profile.file]
    for key, value in values.items():
        if value is not None:
            # A JSON string is a TOML string too. The first key of this name is the one of the table [district].
            line = f"{key} = {json.dumps(value, ensure_ascii=False)}"
            start, end = re.search(rf"(?m)^{key} = .*$", profile).span()  # type: ignore[union-attr]
            profile = profile[:start] + line + profile[end:]
    return texts | {Profile.file: profile}
