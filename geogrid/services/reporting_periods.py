"""Use cases around closed periods: what has been reported upwards takes no more reports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Permission
from geogrid.permissions import check_permission
from geogrid.store import reporting_periods as table

if TYPE_CHECKING:
    from datetime import date

    from geogrid.model import Actor, Report
    from geogrid.store.database import Store


def close_period(store: Store, actor: Actor, last_day: date, *, commit: bool) -> date | None:
    """Let no report be taken any more of a day and all before; an earlier day opens what lies between again.

    Parameters
    ----------
    store
        Where that is kept; the decision before stays on record.
    actor
        Who decides.
    last_day
        On the clock of the district.
    commit
        False only tells what holds now.

    Returns
    -------
    date or None
        The day that held before.

    Raises
    ------
    InputError
        If the day is not over.
    ForbiddenError
        If the actor may not decide rules.
    """
    check_permission(actor, Permission.RULES_WRITE)
    if last_day >= datetime.now(UTC).astimezone(LOCAL_ZONE).date():
        raise InputError("The day is not over yet.", code="period_not_over", field="day", remedy="Name a past day.")
    with store.write() if commit else store.read() as connection:
        before = table.get_last_closed_day(connection)
        if commit:
            table.add_closing(connection, last_day, actor_id=actor.id, actor=actor.name)
    return before


def check_period_open(report: Report, closed: date | None) -> None:
    """Raise unless reports are still taken of a report's day.

    Raises
    ------
    InputError
        If its period is closed.
    """
    if closed is not None and report.reported_at.astimezone(LOCAL_ZONE).date() <= closed:
        raise InputError(
            "The period that it was reported in is closed.",
            code="period_closed",
            field="reported_at",
            remedy="Report it as of today, or have the period opened: geogrid incidents close-period DAY --commit.",
        )
