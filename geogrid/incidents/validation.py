"""Validation of reports and imported histories before they are stored."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from geogrid.errors import InputError
from geogrid.geo.coordinate_checks import check_coordinates

if TYPE_CHECKING:
    from collections.abc import Collection, Container

    from geogrid.category_tree import CategoryTree
    from geogrid.model import Report

MAX_DESCRIPTION: Final = 2_000
MAX_EXTERNAL_ID: Final = 100
#: Longer than any code of a grid.
MAX_CODE: Final = 40
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Tolerance for fast clocks of phones; a later time is refused.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
#: Longest plausible limit; a later due time is refused.
LONGEST_LIMIT: Final = timedelta(days=3_660)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def check_report(report: Report, categories: CategoryTree, sources: Collection[str], now: datetime) -> None:
    """Raise if a report is not valid.

    Parameters
    ----------
    categories, sources
        The categories of the district, and the codes of its sources.
    now
        Current time, with time zone.

    Raises
    ------
    InputError
        With the field and the remedy.

    Examples
    --------
    >>> from datetime import UTC
    >>> from geogrid.model import Point, Report
    >>> from geogrid.rules.categories import load_categories
    >>> noon = datetime(2022, 1, 1, 12, tzinfo=UTC)
    >>> report = Report(noon, "Z99", "patrol", Point(113.3, 40.09), "wgs84")
    >>> check_report(report, load_categories(), {"patrol"}, noon)
    Traceback (most recent call last):
    geogrid.errors.InputError: category: The category is unknown. GET /v1/categories lists the codes.
    """
    check_category(report.category, categories)
    if report.handled_at is None:
        check_offered(report.category, categories)
    if report.source not in sources:
        raise InputError(
            "The source is unknown.", code="source_unknown", field="source", remedy=f"Use {', '.join(sources)}."
        )
    check_coordinates(report.point.lon, report.point.lat, report.datum)
    _check_times(report, now)
    check_text(report.description, "description", MAX_DESCRIPTION)
    check_text(report.external_id or "", "external_id", MAX_EXTERNAL_ID)
    check_text(report.claimed_grid or "", "grid_code", MAX_CODE)


def check_offered(code: str, categories: CategoryTree) -> None:
    """Raise if a category is retired, so that new reports cannot have it.

    Raises
    ------
    InputError
        With the code ``category_retired``.
    """
    if categories[code].retired:
        raise InputError(
            "This category is retired; only incidents that have it keep it.",
            code="category_retired",
            field="category",
            remedy="GET /v1/categories lists the categories; choose one that is not retired.",
        )


def check_category(code: str, categories: CategoryTree) -> None:
    """Raise unless a code is that of a category without others below it.

    Raises
    ------
    InputError
        With the codes below an inner category as the remedy.

    Examples
    --------
    >>> from geogrid.rules.categories import load_categories
    >>> try:
    ...     check_category("SJ03", load_categories(scheme="national"))
    ... except InputError as error:
    ...     print(error.code, error.remedy)
    category_inner Use one of: SJ0301, SJ0302.
    """
    if code in categories:
        return
    if code in categories.nodes:
        leaves = [below for below in categories.expand([code]) if below in categories]
        raise InputError(
            "This category has others below it, and incidents have one of these.",
            code="category_inner",
            field="category",
            remedy=f"Use one of: {', '.join(leaves)}.",
        )
    raise InputError(
        "The category is unknown.",
        code="category_unknown",
        field="category",
        remedy="GET /v1/categories lists the codes.",
    )


def check_history(report: Report, departments: Container[str]) -> None:
    """Raise if the department or the times of an imported history are not valid.

    Parameters
    ----------
    report
        Report that has passed `check_report`.
    departments
        Names of the known departments.

    Raises
    ------
    InputError
        With the field and the remedy.
    """
    history = report.history
    if history.department is not None and history.department not in departments:
        raise InputError(
            "There is no such department.",
            code="department_unknown",
            field="department",
            remedy="GET /v1/workflow lists the departments.",
        )
    if history.due_at is not None and not report.reported_at <= history.due_at <= report.reported_at + LONGEST_LIMIT:
        raise InputError(
            "The due time is before the report or more than ten years after it.", code="time_order", field="due_at"
        )
    if history.checked_at is not None and report.handled_at is None:
        raise InputError("checked_at needs handled_at.", code="time_order", field="checked_at")


def _check_times(report: Report, now: datetime) -> None:
    milestones = _milestones(report)
    for name, moment in milestones:
        if moment < EARLIEST:
            raise InputError("The time is before 1970.", code="time_too_early", field=f"{name}_at")
        if moment > now + CLOCK_TOLERANCE:
            raise InputError(
                "The time is in the future.",
                code="time_in_future",
                field=f"{name}_at",
                remedy="Check the clock and the time zone.",
            )
    for (earlier, before), (name, moment) in pairwise(milestones):
        if moment < before:
            raise InputError(f"{name}_at is before {earlier}_at.", code="time_order", field=f"{name}_at")
    if report.closed_at is not None and report.handled_at is None:
        raise InputError("closed_at needs handled_at.", code="time_order", field="closed_at")


def _milestones(report: Report) -> list[tuple[str, datetime]]:
    """Return the name and time of each milestone, in the required order."""
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
    """Raise if a text is too long or contains control characters."""
    if len(text) > longest:
        raise InputError(f"The text is longer than {longest} characters.", code="text_too_long", field=field)
    # JSON escapes can contain half of a surrogate pair, which no database stores.
    if _SURROGATE.search(text) or any(ord(character) < ord(" ") and character not in "\t\n\r" for character in text):
        raise InputError("The text contains control characters.", code="text_control", field=field)
