"""What an incident must be before it is kept, whichever way it came in."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from geogrid.errors import InputError
from geogrid.geo import datums

if TYPE_CHECKING:
    from collections.abc import Container

    from geogrid.model import Report

MAX_DESCRIPTION: Final = 2_000
MAX_EXTERNAL_ID: Final = 100
#: No scheme of codes has more digits.
MAX_CODE: Final = 20
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Clocks of telephones run ahead; what is later than this is a mistake.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
#: No limit is longer; a later due time is a mistake.
LONGEST_LIMIT: Final = timedelta(days=3_660)
_HALF: Final = re.compile("[\ud800-\udfff]")


def check_report(report: Report, categories: Container[str], now: datetime) -> None:
    """Raise unless a report can be kept.

    Parameters
    ----------
    report
        What came in.
    categories
        The codes in use.
    now
        The present moment, with its time zone.

    Raises
    ------
    InputError
        That names the field and the remedy.

    Examples
    --------
    >>> from datetime import UTC
    >>> from geogrid.model import Point, Report, IncidentSource
    >>> noon = datetime(2022, 1, 1, 12, tzinfo=UTC)
    >>> report = Report(noon, "Z99", IncidentSource.PATROL, Point(113.3, 40.09), "wgs84")
    >>> check_report(report, {"Z01"}, noon)
    Traceback (most recent call last):
    geogrid.errors.InputError: category: The category is not in the list. Ask GET /v1/categories for the codes.
    """
    if report.category not in categories:
        raise InputError(
            "The category is not in the list.",
            code="category_unknown",
            field="category",
            remedy="Ask GET /v1/categories for the codes.",
        )
    datums.check_coordinates(report.point.lon, report.point.lat, report.datum)
    _check_times(report, now)
    check_text(report.description, "description", MAX_DESCRIPTION)
    check_text(report.external_id or "", "external_id", MAX_EXTERNAL_ID)
    check_text(report.claimed_grid or "", "grid_code", MAX_CODE)


def check_history(report: Report, departments: Container[str]) -> None:
    """Raise unless what an imported history says beside the milestones can be kept.

    Parameters
    ----------
    report
        That `check_report` has passed.
    departments
        The names in use.

    Raises
    ------
    InputError
        That names the field and the remedy.
    """
    history = report.history
    if history.department is not None and history.department not in departments:
        raise InputError(
            "There is no such department.",
            code="department_unknown",
            field="department",
            remedy="Ask GET /v1/workflow for their names.",
        )
    if history.due_at is not None and not report.reported_at <= history.due_at <= report.reported_at + LONGEST_LIMIT:
        raise InputError("It was due before it was reported, or years later.", code="time_order", field="due_at")
    if history.checked_at is not None and report.handled_at is None:
        raise InputError("It was checked before it was handled.", code="time_order", field="checked_at")


def _check_times(report: Report, now: datetime) -> None:
    milestones = _milestones(report)
    for name, moment in milestones:
        if moment < EARLIEST:
            raise InputError("The time lies before 1970.", code="time_too_early", field=f"{name}_at")
        if moment > now + CLOCK_TOLERANCE:
            raise InputError(
                "The time lies in the future.",
                code="time_in_future",
                field=f"{name}_at",
                remedy="Check the clock and the time zone.",
            )
    for (earlier, before), (name, moment) in pairwise(milestones):
        if moment < before:
            raise InputError(f"It was {name} before it was {earlier}.", code="time_order", field=f"{name}_at")
    if report.closed_at is not None and report.handled_at is None:
        raise InputError("It was closed before it was handled.", code="time_order", field="closed_at")


def _milestones(report: Report) -> list[tuple[str, datetime]]:
    """Return how far an incident came and when, in the order in which that must have been."""
    history = report.history
    milestones = (
        ("reported", report.reported_at),
        ("verified", history.verified_at),
        ("filed", history.filed_at),
        ("dispatched", history.dispatched_at),
        ("handled", report.handled_at),
        ("checked", history.checked_at),
        ("closed", report.closed_at),
    )
    return [(name, moment) for name, moment in milestones if moment is not None]


def check_text(text: str, field: str, longest: int) -> None:
    """Raise unless a text can be kept."""
    if len(text) > longest:
        raise InputError(f"The text is longer than {longest} characters.", code="text_too_long", field=field)
    # Half of a surrogate pair comes out of JSON's escapes; no database can keep it.
    if _HALF.search(text) or any(ord(character) < ord(" ") and character not in "\t\n\r" for character in text):
        raise InputError("The text holds control characters.", code="text_control", field=field)
