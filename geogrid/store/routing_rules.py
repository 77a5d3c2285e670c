"""Queries on versions of routing rules. Each decision to activate a version inserts a row; rows never change."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import case, insert, select

from geogrid.model import Layer
from geogrid.rules.routing import RoutingCase
from geogrid.store.tables import incidents, rule_sets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

#: The `RoutingVersion.kind` of routing rules.
ROUTING: Final = "routing"


@dataclass(frozen=True, slots=True)
class RoutingVersion:
    """A version of a rule set, and the decision that activated it.

    Attributes
    ----------
    kind
        The kind of rules, `ROUTING`.
    version, content, sha256
        The version name in the rules, the rules as JSON, and their hash.
    active_from
        The time from which the rules apply.
    decided_at, actor_id, actor
        The time of the decision, and the user.
    """

    kind: str
    version: str
    content: str
    sha256: str
    active_from: datetime
    decided_at: datetime
    actor_id: str
    actor: str


@dataclass(frozen=True, slots=True)
class IncidentCase:
    """The properties of an incident that routing rules read, with its id and report time."""

    id: int
    reported_at: datetime
    case: RoutingCase


_COLUMNS: Final = tuple(rule_sets.c[name] for name in RoutingVersion.__slots__)


def add_rule_set(connection: Connection, version: RoutingVersion) -> None:
    """Insert a version of the rules with its decision."""
    connection.execute(insert(rule_sets).values(asdict(version)))


def list_rule_sets(connection: Connection, kind: str) -> list[RoutingVersion]:
    """Return all versions of a kind of rules in the order of the decisions."""
    query = select(*_COLUMNS).where(rule_sets.c.kind == kind).order_by(rule_sets.c.id)
    return [RoutingVersion(*row) for row in connection.execute(query)]


def find_decision_id(connection: Connection, kind: str, moment: datetime) -> int | None:
    """Return the id of the decision in force at a moment, or None before the first one.

    It is the decision with the latest `active_from`; ties go to the highest id.
    """
    query = select(rule_sets.c.id).where(rule_sets.c.kind == kind, rule_sets.c.active_from <= moment)
    return connection.execute(
        query.order_by(rule_sets.c.active_from.desc(), rule_sets.c.id.desc()).limit(1)
    ).scalar_one_or_none()


def get_rule_set(connection: Connection, decision_id: int) -> RoutingVersion:
    """Return the version that a decision activated. The caller checks that the id exists."""
    return RoutingVersion(*connection.execute(select(*_COLUMNS).where(rule_sets.c.id == decision_id)).one())


def iterate_cases(connection: Connection, since: datetime, until: datetime) -> Iterator[IncidentCase]:
    """Yield the routing cases of all incidents reported in a period, newest first."""
    moment = incidents.c.reported_at
    query = (
        select(
            incidents.c.id,
            moment,
            incidents.c.category,
            incidents.c.source,
            case((incidents.c.dedicated_code.is_not(None), Layer.DEDICATED.value), else_=incidents.c.base_layer),
            incidents.c.street_code,
        )
        .where(moment >= since, moment < until)
        .order_by(moment.desc(), incidents.c.id.desc())
    )
    for incident_id, reported_at, category, source, layer, street in connection.execute(query):
        yield IncidentCase(incident_id, reported_at, RoutingCase.at(reported_at, category, source, layer, street))
