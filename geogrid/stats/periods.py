"""Periods of whole days: comparison periods, weeks and months."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

_MONTHS = 12


def period_before(first: date, last: date) -> tuple[date, date]:
    """Return the preceding period of the same length; for whole months, of the same number of months.

    Examples
    --------
    >>> [str(day) for day in period_before(date(2022, 3, 1), date(2022, 3, 31))]
    ['2022-02-01', '2022-02-28']
    >>> [str(day) for day in period_before(date(2022, 3, 7), date(2022, 3, 13))]
    ['2022-02-28', '2022-03-06']
    """
    end = first - timedelta(days=1)
    if _are_whole_months(first, last):
        months = (last.year - first.year) * _MONTHS + last.month - first.month + 1
        return _months_before(first, months), end
    return end - (last - first), end


def year_before(first: date, last: date) -> tuple[date, date]:
    """Return the same period one year earlier; whole months stay whole months.

    Examples
    --------
    >>> [str(day) for day in year_before(date(2025, 2, 1), date(2025, 2, 28))]
    ['2024-02-01', '2024-02-29']
    """
    end = _months_before(last, _MONTHS)
    if _are_whole_months(first, last):
        end = end.replace(day=calendar.monthrange(end.year, end.month)[1])
    return _months_before(first, _MONTHS), end


def week_of(day: str) -> str:
    """Return the Monday of the week of a day, as ISO 8601 dates."""
    moment = date.fromisoformat(day)
    return str(moment - timedelta(days=moment.weekday()))


def month_of(day: str) -> str:
    """Return the month (``2022-03``) of an ISO 8601 date."""
    return day[:7]


def days_of_week(monday: str) -> tuple[date, date]:
    """Return the first and last day of a week, given by its Monday."""
    first = date.fromisoformat(monday)
    return first, first + timedelta(days=6)


def days_of_month(month: str) -> tuple[date, date]:
    """Return the first and last day of a month.

    Examples
    --------
    >>> [str(day) for day in days_of_month("2022-02")]
    ['2022-02-01', '2022-02-28']
    """
    first = date.fromisoformat(f"{month}-01")
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def months_between(first: date, last: date) -> list[str]:
    """Return the months that have days from `first` to `last`.

    Examples
    --------
    >>> months_between(date(2021, 12, 31), date(2022, 2, 1))
    ['2021-12', '2022-01', '2022-02']
    """
    numbers = range(first.year * _MONTHS + first.month - 1, last.year * _MONTHS + last.month)
    return [f"{number // _MONTHS:04}-{number % _MONTHS + 1:02}" for number in numbers]


def _are_whole_months(first: date, last: date) -> bool:
    return first.day == 1 and last.day == calendar.monthrange(last.year, last.month)[1]


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * _MONTHS + day.month - 1 - months, _MONTHS)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
