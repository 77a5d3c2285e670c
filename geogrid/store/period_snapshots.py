"""Queries on snapshots of the figures of closed months. Each closing inserts rows; rows never change."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, or_, select

from geogrid.model.figures import DateField
from geogrid.store.tables import incidents, period_snapshots, steps

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class PeriodSnapshot:
    """The figures of a month at the time of its closing.

    Attributes
    ----------
    month
        The month, such as ``2022-03``.
    made_at, actor_id, actor
        The time of the closing, and the user who decided it.
    formulas
        The version of the formulas.
    generation
        The id of the generation active at that time.
    content
        The counts by kind of row, and the formulas of the rates, see `geogrid.services.period_snapshots`.
    """

    month: str
    made_at: datetime
    actor_id: str
    actor: str
    formulas: str
    generation: int
    content: dict[str, Any]


_COLUMNS: Final = tuple(period_snapshots.c[name] for name in PeriodSnapshot.__slots__)


def add_snapshots(connection: Connection, snapshots: Collection[PeriodSnapshot]) -> None:
    """Insert snapshots."""
    if snapshots:
        connection.execute(insert(period_snapshots), [asdict(snapshot) for snapshot in snapshots])


def list_snapshots(connection: Connection, months: Collection[str] | None = None) -> list[PeriodSnapshot]:
    """Return the snapshots of some months or of all, by month, newest first."""
    query = select(*_COLUMNS)
    if months is not None:
        query = query.where(period_snapshots.c.month.in_(months))
    rows = connection.execute(query.order_by(period_snapshots.c.month, period_snapshots.c.id.desc()))
    return [PeriodSnapshot(*row) for row in rows]


def list_snapshot_months(connection: Connection) -> set[str]:
    """Return the months that have a snapshot."""
    return set(connection.execute(select(period_snapshots.c.month).distinct()).scalars())


def find_last_step(connection: Connection, since: datetime, until: datetime, after: datetime) -> datetime | None:
    """Return the time of the newest step later than `after` on an incident of a period, or None.

    An incident belongs to the period if its report, its due time or its due time of closing is in ``[since, until)``.
    """
    dated = [(incidents.c[name] >= since) & (incidents.c[name] < until) for name in DateField]
    query = select(func.max(steps.c.at)).join_from(incidents, steps).where(or_(*dated), steps.c.at > after)
    newest: datetime | None = connection.execute(query).scalar_one()
    return newest
