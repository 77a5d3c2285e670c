"""Rules that were decided: added, read, never changed."""

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

#: Of `RoutingVersion.kind`.
ROUTING: Final = "routing"


@dataclass(frozen=True, slots=True)
class RoutingVersion:
    """Rules, and the decision that put them in force.

    Attributes
    ----------
    kind
        What they are for.
    version, content, sha256
        As the rules name themselves, as JSON, and its hash.
    active_from
        From when on they are in force.
    decided_at, actor_id, actor
        When that was decided, and by whom.
    """

    kind: str
    version: str
    content: str
    sha256: str
    active_from: datetime
    decided_at: datetime
    actor_id: str
    actor: str


_COLUMNS: Final = tuple(rule_sets.c[name] for name in RoutingVersion.__slots__)


def add_rule_set(connection: Connection, decided: RoutingVersion) -> None:
    """Keep a decision."""
    connection.execute(insert(rule_sets).values(asdict(decided)))


def list_rule_sets(connection: Connection, kind: str) -> list[RoutingVersion]:
    """Return all decisions about a kind of rules, in the order in which they were taken."""
    query = select(*_COLUMNS).where(rule_sets.c.kind == kind).order_by(rule_sets.c.id)
    return [RoutingVersion(*row) for row in connection.execute(query)]


def find_decision_id(connection: Connection, kind: str, moment: datetime) -> int | None:
    """Return the number of the decision in force at a moment, or None before the first.

    It is the one that begins last, of those that have begun; of several that begin together the one decided last.
    """
    query = select(rule_sets.c.id).where(rule_sets.c.kind == kind, rule_sets.c.active_from <= moment)
    return connection.execute(
        query.order_by(rule_sets.c.active_from.desc(), rule_sets.c.id.desc()).limit(1)
    ).scalar_one_or_none()


def get_rule_set(connection: Connection, number: int) -> RoutingVersion:
    """Return a decision that is there."""
    return RoutingVersion(*connection.execute(select(*_COLUMNS).where(rule_sets.c.id == number)).one())


def iterate_cases(
    connection: Connection, since: datetime, until: datetime
) -> Iterator[tuple[int, datetime, RoutingCase]]:
    """Give the cases of all incidents that were reported in a period, each with its number and time, newest first."""
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
    for number, reported_at, category, source, layer, street in connection.execute(query):
        yield number, reported_at, RoutingCase.at(reported_at, category, source, layer, street)
