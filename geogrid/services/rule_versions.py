"""Versions of the rules: import, check, activate, and load the active one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from geogrid.category_tree import set_category_tree
from geogrid.errors import ConflictError, FileError, NotFoundError, QueryError
from geogrid.incidents.rule_check import find_rule_faults
from geogrid.incidents.rule_set import RuleSet, parse_rules
from geogrid.local_time import set_local_zone
from geogrid.model import SYSTEM, Layer, Permission
from geogrid.permissions import check_permission
from geogrid.rules.profile import Profile
from geogrid.rules.routing import RoutingRules
from geogrid.rules.rule_faults import RuleFault
from geogrid.rules.rule_texts import RULE_FILES, check_file_name, read_starting
from geogrid.store import rule_usage
from geogrid.store import rule_versions as table
from geogrid.store.generations import generation_at
from geogrid.store.layers import area_codes
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from geogrid.model import Actor
    from geogrid.rules.rule_texts import RuleTexts
    from geogrid.store.database import Store
    from geogrid.store.rule_versions import RuleActivation, RuleVersion


@dataclass(frozen=True, slots=True)
class RuleHistory:
    """All versions of the rules and all activations, oldest first.

    Attributes
    ----------
    active
        Id of the active version; None if the rules shipped with geogrid apply.
    """

    versions: list[RuleVersion]
    activations: list[RuleActivation]
    active: int | None


def find_active_version_id(store: Store, moment: datetime | None = None) -> int | None:
    """Return the id of the version active at a moment, by default now; None if the shipped rules apply."""
    with store.read() as connection:
        return table.find_active_version(connection, moment or datetime.now(UTC))


def read_rule_texts(store: Store, version_id: int | None = None) -> dict[str, str]:
    """Return the rule files of a version by name, by default the active one; without any, those shipped with geogrid.

    Raises
    ------
    NotFoundError
        If there is no such version.
    """
    with store.read() as connection:
        version_id = version_id or table.find_active_version(connection, datetime.now(UTC))
        return read_starting() if version_id is None else table.read_texts(connection, version_id)


def load_active_rules(store: Store) -> RuleSet:
    """Return the active rules, and set the time zone and the categories of the process to those of the district.

    Raises
    ------
    FileError
        If a rule file of the store does not match its schema.
    """
    rules = _parse(json.dumps(read_rule_texts(store)))
    set_local_zone(rules.profile.district.zone)
    set_category_tree(rules.categories)
    return rules


def check_rules_in_use(store: Store, rules: RuleSet) -> None:
    """Raise if rules lack values that stored incidents use.

    Raises
    ------
    ConflictError
        With the missing values.
    """
    with store.read() as connection:
        missing = find_missing_values(connection, rules)
    if missing:
        raise ConflictError(
            " ".join(fault.message for fault in missing),
            code="rules_in_use",
            field=missing[0].file,
            remedy="Activate rules that have them: geogrid rules history, geogrid rules activate.",
        )


def check_rule_texts(store: Store, texts: RuleTexts) -> list[RuleFault]:
    """Return all faults of rule files: schemas, references between them, streets, and values that incidents use."""
    if faults := find_rule_faults(texts):
        return faults
    rules = parse_rules(texts)
    with store.read() as connection:
        return [*find_missing_values(connection, rules), *_find_unknown_streets(connection, rules)]


def parse_checked_rules(store: Store, texts: RuleTexts) -> RuleSet:
    """Return the rules in the texts of all rule files, after the check of `check_rule_texts`.

    Raises
    ------
    FileError
        If the rules have faults; with the first one, and the number of all.
    """
    if faults := check_rule_texts(store, texts):
        more = f" There are {len(faults)} faults in all." if len(faults) > 1 else ""
        raise FileError(f"{faults[0]}{more}", code="rules", remedy="`geogrid rules check` lists all of them.")
    return parse_rules(texts)


def complete_texts(store: Store, files: RuleTexts) -> dict[str, str]:
    """Return rule files by name, completed with those of the active version.

    Raises
    ------
    FileError
        If a name is not that of a rule file.
    """
    for name in files:
        check_file_name(name)
    return {**read_rule_texts(store), **files}


def import_rules(store: Store, actor: Actor, texts: RuleTexts) -> RuleVersion:
    """Store a version of the rules without activating it. A version with the same files is not stored twice.

    Raises
    ------
    ForbiddenError
        If the actor may not change rules.
    FileError
        If the rules have faults; with the first one.
    """
    check_permission(actor, Permission.RULES_WRITE)
    parse_checked_rules(store, texts)
    with store.write() as connection:
        version_id = add_version(connection, actor, texts)
        return next(version for version in table.list_versions(connection) if version.id == version_id)


def add_version(connection: Connection, actor: Actor, texts: RuleTexts) -> int:
    """Insert a version of checked rules, and return its id."""
    profile = Profile.parse(texts[Profile.file])
    files = {file: texts[file] for file in RULE_FILES}
    sha256 = hashlib.sha256(json.dumps(files, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    title = f"{profile.version} · {profile.title}"
    return table.add_version(connection, files, sha256=sha256, title=title, actor=actor, now=datetime.now(UTC))


def add_first_version(connection: Connection, texts: RuleTexts, active_from: datetime) -> None:
    """Insert and activate the rules of a new store; a store that has rules keeps them."""
    if table.list_activations(connection):
        return
    version_id = add_version(connection, SYSTEM, texts)
    table.add_activation(connection, version_id, active_from=active_from, actor=SYSTEM, now=datetime.now(UTC))


def activate_rules(store: Store, actor: Actor, version_id: int, active_from: datetime | None = None) -> RuleActivation:
    """Activate a version from a moment on, by default now.

    Raises
    ------
    ForbiddenError
        If the actor may not change rules.
    NotFoundError
        If there is no such version.
    FileError
        If the rules have faults, such as a category that is missing but used by incidents.
    QueryError
        If the moment has passed, because past active periods never change.
    ConflictError
        If the time zone would change although the store has incidents.
    """
    check_permission(actor, Permission.RULES_WRITE)
    rules = parse_checked_rules(store, read_rule_texts(store, version_id))
    with store.write() as connection:
        # Taken inside the transaction, which may have waited for another writer.
        now = datetime.now(UTC)
        if active_from and active_from < now:
            raise QueryError(
                "The time has passed, and past active periods cannot change.",
                code="activation_in_past",
                field="from",
                remedy="Use a future time, or none for now.",
            )
        _check_zone(connection, rules.profile.district.zone)
        added = table.add_activation(connection, version_id, active_from=active_from or now, actor=actor, now=now)
        return next(one for one in table.list_activations(connection) if one.id == added)


def cancel_activation(store: Store, actor: Actor, activation_id: int) -> None:
    """Cancel a planned activation.

    Raises
    ------
    ForbiddenError
        If the actor may not change rules.
    NotFoundError
        If there is no such activation, or it has taken effect.
    """
    check_permission(actor, Permission.RULES_WRITE)
    with store.write() as connection:
        if not table.cancel_activation(connection, activation_id, actor=actor, now=datetime.now(UTC)):
            raise NotFoundError(
                "There is no planned activation with this id.",
                code="activation_unknown",
                field="activation",
                remedy="`geogrid rules history` lists them. One that has taken effect is replaced, not cancelled.",
            )


def list_rule_history(store: Store) -> RuleHistory:
    """Return all versions of the rules and their activations."""
    with store.read() as connection:
        return RuleHistory(
            table.list_versions(connection),
            table.list_activations(connection),
            table.find_active_version(connection, datetime.now(UTC)),
        )


def find_missing_values(connection: Connection, rules: RuleSet) -> list[RuleFault]:
    """Return the values of stored incidents that rules lack."""
    known = _known_values(rules)
    return [
        RuleFault(
            usage.file,
            None,
            usage.member,
            f"{usage.value} is missing, but {usage.incidents:,} incidents use it.",
            "Keep it; a category with retired = true is not offered for new reports.",
        )
        for usage in rule_usage.count_used_values(connection)
        if usage.value not in known[usage.member]
    ]


@lru_cache(maxsize=4)
def _parse(content: str) -> RuleSet:
    return parse_rules(json.loads(content))


def _known_values(rules: RuleSet) -> Mapping[str, Iterable[str]]:
    return {"categories": rules.categories, "levels": rules.profile.levels}


def _find_unknown_streets(connection: Connection, rules: RuleSet) -> Iterable[RuleFault]:
    try:
        known = set(area_codes(connection, generation_at(connection)).get(Layer.STREET, ()))
    except NotFoundError:
        return
    for index, rule in enumerate(rules.routing.rules):
        for code in sorted((rule.when.streets or frozenset()) - known):
            yield RuleFault(
                RoutingRules.file,
                None,
                f"rules.{index}.when.streets",
                f"The street {code} is not in the active generation.",
                "`geogrid layers export` lists the codes.",
            )


def _check_zone(connection: Connection, zone: ZoneInfo) -> None:
    before = table.read_zone(connection)
    if before and before.key != zone.key and rule_usage.has_rows(connection, incidents):
        raise ConflictError(
            f"The store has incidents counted by days of {before.key}; the time zone cannot change any more.",
            code="zone_in_use",
            field="district.zone",
            remedy="Keep the zone, or start a new store with geogrid init.",
        )
