"""Heat cells through time: one picture after another, by dates or by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from geogrid.stats.density import CELL_DEG, merge_cells
from geogrid.stats.periods import month_of, week_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.stats.density import HeatCells

#: Pictures together have so many cells at most; beyond that their cells grow.
MAX_CELLS: Final = 60_000
#: More than these nobody looks at.
MAX_FRAMES: Final = 400


class TimeStep(StrEnum):
    """What a picture stands for: a part of the calendar, a day of the week, or an hour of the day."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    WEEKDAY = "weekday"
    HOUR = "hour"


_LARGER: Final[Mapping[TimeStep, TimeStep]] = {TimeStep.DAY: TimeStep.WEEK, TimeStep.WEEK: TimeStep.MONTH}
_DAYS: Final[Mapping[TimeStep, int]] = {TimeStep.DAY: 1, TimeStep.WEEK: 7}


@dataclass(frozen=True, slots=True)
class AnimationFrame:
    """The incidents of one step.

    Attributes
    ----------
    key
        The first day of a month or week, the day, 1 Monday to 7 Sunday, or the hour 0 to 23, as text.
    count
        How many incidents.
    cells
        Where they lie.
    """

    key: str
    count: int
    cells: HeatCells


def list_frame_keys(step: TimeStep, found: Sequence[str]) -> list[str]:
    """Return the keys of all pictures from the first to the last, those of no incident included.

    Parameters
    ----------
    step
        What a picture stands for.
    found
        The keys that incidents have.

    Examples
    --------
    >>> list_frame_keys(TimeStep.WEEK, ["2022-03-07", "2022-03-21"])
    ['2022-03-07', '2022-03-14', '2022-03-21']
    >>> list_frame_keys(TimeStep.WEEKDAY, [])
    ['1', '2', '3', '4', '5', '6', '7']
    """
    if step is TimeStep.WEEKDAY:
        return [str(day) for day in range(1, 8)]
    if step is TimeStep.HOUR:
        return [str(hour) for hour in range(24)]
    if not found:
        return []
    day, last = date.fromisoformat(min(found)), date.fromisoformat(max(found))
    keys = []
    while day <= last:
        keys.append(day.isoformat())
        day = next_frame_day(step, day)
    return keys


def frame_key(step: TimeStep, day: str) -> str:
    """Return the key of the picture that a day belongs to.

    Examples
    --------
    >>> frame_key(TimeStep.WEEK, "2022-03-10"), key_of(TimeStep.MONTH, "2022-03-10"), key_of(TimeStep.DAY, "2022-03-10")
    ('2022-03-07', '2022-03-01', '2022-03-10')
    """
    if step is TimeStep.MONTH:
        return f"{month_of(day)}-01"
    return week_of(day) if step is TimeStep.WEEK else day


def choose_step(step: TimeStep, days: Sequence[str]) -> TimeStep:
    """Return the step, or the next larger one of the calendar that needs no more than `MAX_FRAMES` for these days.

    Examples
    --------
    >>> choose_step(TimeStep.DAY, ["2022-01-01", "2022-06-30"]), fitting(TimeStep.DAY, ["2012-01-01", "2022-06-30"])
    (<TimeStep.DAY: 'day'>, <TimeStep.MONTH: 'month'>)
    """
    if not days or step not in _LARGER:
        return step
    span = (date.fromisoformat(max(days)) - date.fromisoformat(min(days))).days
    while step in _LARGER and span / _DAYS[step] > MAX_FRAMES:
        step = _LARGER[step]
    return step


def limit_cells(pictures: Mapping[str, HeatCells], most: int = MAX_CELLS) -> tuple[dict[str, HeatCells], float]:
    """Merge cells, in all pictures alike, until there are few enough to be sent.

    Parameters
    ----------
    pictures
        Cells of `CELL_DEG` by key.
    most
        How many there may be in all.

    Returns
    -------
    pictures : dict of str to HeatCells
        Those that were given, or merged ones.
    width : float
        The width and height of their cells in degrees.
    """
    grown, width = dict(pictures), CELL_DEG
    while sum(len(cells.count) for cells in grown.values()) > most:
        width *= 2
        grown = {key: merge_cells(cells, width) for key, cells in grown.items()}
    return grown, width


def next_frame_day(step: TimeStep, day: date) -> date:
    """Return the first day of the next month or week, or the next day.

    Parameters
    ----------
    step
        One of the calendar.
    day
        The first day of a month or week, or the day.

    Examples
    --------
    >>> str(next_frame_day(TimeStep.MONTH, date(2022, 1, 1))), str(next_day(TimeStep.WEEK, date(2022, 3, 7)))
    ('2022-02-01', '2022-03-14')
    """
    if step is TimeStep.MONTH:
        return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 if step is TimeStep.WEEK else 1)
