"""Whistles: a street calls departments (街道吹哨), and they report in (部门报到)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the API builds its schemas from these classes


@dataclass(frozen=True, slots=True)
class Whistle:
    """One department that was called to an incident.

    Attributes
    ----------
    id
        Its number.
    incident, round, department
        Which incident, the how manieth whistle on it, and whom it calls.
    note
        What for.
    blown_at, blown_by
        When, and by whom.
    due_at
        Until when the department ought to report in.
    reported_in_at, reported_in_by
        When and by whom it did; None as long as it has not.
    answer, joined
        What it said, and whether it joins the handling.
    rated_at, rated_by, rating, rating_note
        What the street thinks of it, 1 to 5, and why; None before that.
    """

    id: int
    incident: int
    round: int
    department: str
    note: str
    blown_at: datetime
    blown_by: str
    due_at: datetime
    reported_in_at: datetime | None = None
    reported_in_by: str | None = None
    answer: str | None = None
    joined: bool | None = None
    rated_at: datetime | None = None
    rated_by: str | None = None
    rating: int | None = None
    rating_note: str | None = None
