"""Closed reporting periods, which accept no more reports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Permission
from geogrid.permissions import check_permission
from geogrid.store import bookkeeping as table

if TYPE_CHECKING:
    from datetime import date

    from geogrid.model import Actor, Report
    from geogrid.store.database import Store


def close_period(store: Store, actor: Actor, last_day: date, *, commit: bool) -> date | None:
    """Close all days up to `last_day` to reports; an earlier day than before reopens the days between.

    Parameters
    ----------
    store
        The database, which keeps all decisions.
    actor
        The user who decides.
    last_day
        The last closed day, in local time.
    commit
        False returns the current day without writing.

    Returns
    -------
    date or None
        The previous last closed day.

    Raises
    ------
    InputError
        If the day has not ended.
    ForbiddenError
        If the actor may not change rules.
    """
    check_permission(actor, Permission.RULES_WRITE)
    if last_day >= datetime.now(UTC).astimezone(LOCAL_ZONE).date():
        raise InputError("The day has not ended.", code="period_not_over", field="day", remedy="Use a past day.")
    with store.write() if commit else store.read() as connection:
        previous_day = table.closed_until(connection)
        if commit:
            table.add_closing(connection, last_day, actor_id=actor.id, actor=actor.name)
    return previous_day


def check_period_open(report: Report, last_closed_day: date | None) -> None:
    """Raise if the reporting period of a report is closed.

    Raises
    ------
    InputError
        If the day of the report is closed.
    """
    if last_closed_day is not None and report.reported_at.astimezone(LOCAL_ZONE).date() <= last_closed_day:
        raise InputError(
            "The reporting period of this day is closed.",
            code="period_closed",
            field="reported_at",
            remedy="Use the current time, or reopen the period: geogrid incidents close-period DAY --commit.",
        )
