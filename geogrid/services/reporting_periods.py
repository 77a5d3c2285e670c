"""Closed reporting periods, which accept no more reports and whose figures are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.local_time import local_zone
from geogrid.model import Permission
from geogrid.permissions import check_permission
from geogrid.services.period_snapshots import freeze_months
from geogrid.store import bookkeeping as table
from geogrid.store.period_snapshots import add_snapshots

if TYPE_CHECKING:
    from datetime import date

    from geogrid.model import Actor, Report
    from geogrid.rules.formulas import Formulas
    from geogrid.store.database import Store
    from geogrid.store.period_snapshots import PeriodSnapshot


@dataclass(frozen=True, slots=True)
class PeriodClosing:
    """The result of a closing.

    Attributes
    ----------
    previous_day
        The last closed day before the decision.
    snapshots
        The snapshots of the months that the decision completes.
    """

    previous_day: date | None
    snapshots: list[PeriodSnapshot]


def close_period(store: Store, formulas: Formulas, actor: Actor, last_day: date, *, commit: bool) -> PeriodClosing:
    """Close all days up to `last_day` to reports, and make a snapshot of the figures of each month it completes.

    An earlier day than before reopens the days between. The snapshots of reopened months stay as history.

    Parameters
    ----------
    store
        The database, which keeps all decisions.
    formulas
        The formulas of the figures.
    actor
        The user who decides.
    last_day
        The last closed day, in local time.
    commit
        False returns the same result without writing.

    Raises
    ------
    InputError
        If the day has not ended.
    ForbiddenError
        If the actor may not change rules.
    """
    check_permission(actor, Permission.RULES_WRITE)
    if last_day >= datetime.now(UTC).astimezone(local_zone()).date():
        raise InputError("The day has not ended.", code="period_not_over", field="day", remedy="Use a past day.")
    with store.write() if commit else store.read() as connection:
        previous_day = table.closed_until(connection)
        snapshots = freeze_months(connection, formulas, actor, last_day, previous_day)
        if commit:
            table.add_closing(connection, last_day, actor_id=actor.id, actor=actor.name)
            add_snapshots(connection, snapshots)
    return PeriodClosing(previous_day, snapshots)


def check_period_open(report: Report, last_closed_day: date | None) -> None:
    """Raise if the reporting period of a report is closed.

    Raises
    ------
    InputError
        If the day of the report is closed.
    """
    if last_closed_day is not None and report.reported_at.astimezone(local_zone()).date() <= last_closed_day:
        raise InputError(
            "The reporting period of this day is closed.",
            code="period_closed",
            field="reported_at",
            remedy="Use the current time, or reopen the period: geogrid incidents close-period DAY --commit.",
        )
