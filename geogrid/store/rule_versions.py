"""Queries on versions of the rules and their activations: rows are only inserted, planned activations cancelled."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, union, update

from geogrid.errors import NotFoundError
from geogrid.model import SYSTEM
from geogrid.store.tables import rule_activations, rule_versions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.model import Actor
    from geogrid.rules.rule_texts import RuleTexts


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A version of all rules.

    Attributes
    ----------
    sha256
        Hash of all files.
    title
        Version and title of the profile.
    """

    id: int
    sha256: str
    title: str
    imported_at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class RuleActivation:
    """A decision that a version becomes active.

    Attributes
    ----------
    version
        Id of the version.
    active_from
        Time from which it is active.
    decided_at, actor
        Time of the decision, and the user.
    cancelled_at, cancelled_by
        Time at which the decision was withdrawn before it took effect, and the user; None if it was not.
    """

    id: int
    version: int
    active_from: datetime
    decided_at: datetime
    actor: str
    cancelled_at: datetime | None
    cancelled_by: str | None


_VERSION = tuple(rule_versions.c[name] for name in RuleVersion.__slots__)
_ACTIVATION = tuple(rule_activations.c[name] for name in RuleActivation.__slots__)


def add_version(
    connection: Connection, texts: RuleTexts, *, sha256: str, title: str, actor: Actor, now: datetime
) -> int:
    """Insert a version and return its id; a version with the same files is not inserted again."""
    found: int | None = connection.scalar(select(rule_versions.c.id).where(rule_versions.c.sha256 == sha256))
    if found is not None:
        return found
    row = {
        "sha256": sha256,
        "title": title,
        "content": json.dumps(texts, ensure_ascii=False, sort_keys=True),
        "imported_at": now,
        "actor_id": actor.id,
        "actor": actor.name,
    }
    added: int = connection.scalars(insert(rule_versions).values(row).returning(rule_versions.c.id)).one()
    return added


def list_versions(connection: Connection) -> list[RuleVersion]:
    """Return all versions, oldest first."""
    return [RuleVersion(*row) for row in connection.execute(select(*_VERSION).order_by(rule_versions.c.id))]


def read_texts(connection: Connection, version_id: int) -> dict[str, str]:
    """Return the texts of a version by file name.

    Raises
    ------
    NotFoundError
        If there is no such version.
    """
    content = connection.scalar(select(rule_versions.c.content).where(rule_versions.c.id == version_id))
    if content is None:
        raise NotFoundError(
            "There is no such version of the rules.",
            code="rules_version_unknown",
            field="version",
            remedy="`geogrid rules history` lists the versions.",
        )
    return cast("dict[str, str]", json.loads(content))


def add_activation(
    connection: Connection, version_id: int, *, active_from: datetime, actor: Actor, now: datetime
) -> int:
    """Insert the activation of a version and return its id."""
    row = {
        "version": version_id,
        "active_from": active_from,
        "decided_at": now,
        "actor_id": actor.id,
        "actor": actor.name,
    }
    added: int = connection.scalars(insert(rule_activations).values(row).returning(rule_activations.c.id)).one()
    return added


def list_activations(connection: Connection) -> list[RuleActivation]:
    """Return all activations in the order of the decisions."""
    return [RuleActivation(*row) for row in connection.execute(select(*_ACTIVATION).order_by(rule_activations.c.id))]


def find_active_version(connection: Connection, moment: datetime) -> int | None:
    """Return the id of the version active at a moment, or None before the first activation.

    The activation with the latest `active_from` decides; ties go to the newest decision.
    """
    row = rule_activations.c
    query = select(row.version).where(row.active_from <= moment, row.cancelled_at.is_(None))
    found: int | None = connection.scalar(query.order_by(row.active_from.desc(), row.id.desc()).limit(1))
    return found


def delete_demo_rules(connection: Connection) -> dict[str, int]:
    """Delete the rules of the demo, and return the number of rows by table.

    Rules that a user has imported or activated stay. The demo is the only user of the actor ``system``, except for
    `geogrid init`, whose store never has a demo.
    """
    by_user = select(rule_activations.c.id).where(rule_activations.c.actor_id != SYSTEM.id)
    imported = select(rule_versions.c.id).where(rule_versions.c.actor_id != SYSTEM.id)
    if connection.execute(union(by_user, imported)).first():
        return {}
    return {table.name: connection.execute(delete(table)).rowcount for table in (rule_activations, rule_versions)}


def read_zone(connection: Connection) -> ZoneInfo | None:
    """Return the time zone of the active profile, or None before the first activation.

    This does not check the profile, for commands that need no other rules.
    """
    version_id = find_active_version(connection, datetime.now(UTC))
    if version_id is None:
        return None
    profile = tomllib.loads(read_texts(connection, version_id)["profile.toml"])
    return ZoneInfo(profile["district"]["zone"])


def cancel_activation(connection: Connection, activation_id: int, *, actor: Actor, now: datetime) -> bool:
    """Cancel an activation that has not taken effect; return whether there was one."""
    row = rule_activations.c
    query = update(rule_activations).where(row.id == activation_id, row.cancelled_at.is_(None), row.active_from > now)
    return bool(connection.execute(query.values(cancelled_at=now, cancelled_by=actor.name)).rowcount)
