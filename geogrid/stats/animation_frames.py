"""Frames of the timeline: heat cells for each step of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from geogrid.stats.periods import month_of, week_of
from geogrid.stats.point_binning import CELL_DEG, merge_cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.stats.point_binning import HeatCells

#: Maximum number of cells in all frames; above it the cells are enlarged.
MAX_CELLS: Final = 60_000
#: Maximum number of frames.
MAX_FRAMES: Final = 400


class TimeStep(StrEnum):
    """The period of a frame: a month, week or day, a day of the week, or an hour of the day."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    WEEKDAY = "weekday"
    HOUR = "hour"


_LARGER: Final[Mapping[TimeStep, TimeStep]] = {TimeStep.DAY: TimeStep.WEEK, TimeStep.WEEK: TimeStep.MONTH}
_DAYS: Final[Mapping[TimeStep, int]] = {TimeStep.DAY: 1, TimeStep.WEEK: 7}


@dataclass(frozen=True, slots=True)
class AnimationFrame:
    """The incidents of one frame.

    Attributes
    ----------
    key
        First day of the month or week, the day, weekday 1 (Monday) to 7, or hour 0 to 23, as text.
    count
        Number of incidents.
    cells
        Heat cells of the incidents.
    """

    key: str
    count: int
    cells: HeatCells


def list_frame_keys(step: TimeStep, found: Sequence[str]) -> list[str]:
    """Return the keys of all frames from the first to the last, including frames without incidents.

    Parameters
    ----------
    step
        Period of a frame.
    found
        Keys of the frames with incidents.

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
    """Return the key of the frame of a day.

    Examples
    --------
    >>> [frame_key(step, "2022-03-10") for step in (TimeStep.WEEK, TimeStep.MONTH, TimeStep.DAY)]
    ['2022-03-07', '2022-03-01', '2022-03-10']
    """
    if step is TimeStep.MONTH:
        return f"{month_of(day)}-01"
    return week_of(day) if step is TimeStep.WEEK else day


def choose_step(step: TimeStep, days: Sequence[str]) -> TimeStep:
    """Return the step, or the smallest larger one that needs at most `MAX_FRAMES` frames for these days.

    Examples
    --------
    >>> choose_step(TimeStep.DAY, ["2022-01-01", "2022-06-30"]), choose_step(TimeStep.DAY, ["2012-01-01", "2022-06-30"])
    (<TimeStep.DAY: 'day'>, <TimeStep.MONTH: 'month'>)
    """
    if not days or step not in _LARGER:
        return step
    span = (date.fromisoformat(max(days)) - date.fromisoformat(min(days))).days
    while step in _LARGER and span / _DAYS[step] > MAX_FRAMES:
        step = _LARGER[step]
    return step


def limit_cells(frames: Mapping[str, HeatCells], limit: int = MAX_CELLS) -> tuple[dict[str, HeatCells], float]:
    """Return the cells of all frames, enlarged until their number is at most a limit.

    Parameters
    ----------
    frames
        Cells of width `CELL_DEG` by frame key.
    limit
        Maximum number of cells in all frames.

    Returns
    -------
    frames : dict of str to HeatCells
        The cells by frame key.
    width : float
        Width and height of the cells in degrees.
    """
    merged, width = dict(frames), CELL_DEG
    while sum(len(cells.count) for cells in merged.values()) > limit:
        width *= 2
        merged = {key: merge_cells(cells, width) for key, cells in merged.items()}
    return merged, width


def next_frame_day(step: TimeStep, day: date) -> date:
    """Return the first day of the next frame.

    Parameters
    ----------
    step
        Month, week or day.
    day
        First day of a frame.

    Examples
    --------
    >>> str(next_frame_day(TimeStep.MONTH, date(2022, 1, 1))), str(next_frame_day(TimeStep.WEEK, date(2022, 3, 7)))
    ('2022-02-01', '2022-03-14')
    """
    if step is TimeStep.MONTH:
        return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 if step is TimeStep.WEEK else 1)
