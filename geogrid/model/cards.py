"""Dataclasses of cards about due incidents, and of whistles (吹哨) that call departments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the API builds its schemas from these classes
from enum import StrEnum


class CardKind(StrEnum):
    """Kind of a card: 提示卡 is issued before the due time, 督办卡 after it or by order."""

    PROMPT = "prompt"
    SUPERVISION = "supervision"


@dataclass(frozen=True, slots=True)
class Card:
    """A card about an incident, or about a whistle on it. It is immutable except for one answer.

    Attributes
    ----------
    kind, year, serial
        Form the displayed number; the serial starts at 1 in each calendar year of the district.
    incident
        Id of the incident.
    due_at
        Due time of the incident when the card was issued, or of the whistle.
    department, level
        The addressee.
    issued_at, issued_by, reason
        Time, name of the user, and reason; the reason is empty if a rule issued the card.
    answer_due_at
        Time by which an answer is due.
    answered_at, answered_by, answer
        Time, name of the user, and text of the answer; None before the answer.
    whistle
        Id of the whistle (吹哨) to which the department has not reported in; None for a card about the incident.
    """

    id: int
    kind: CardKind
    year: int
    serial: int
    incident: int
    due_at: datetime | None
    department: str | None
    level: str
    issued_at: datetime
    issued_by: str
    reason: str
    answer_due_at: datetime
    answered_at: datetime | None = None
    answered_by: str | None = None
    answer: str | None = None
    whistle: int | None = None


@dataclass(frozen=True, slots=True)
class Whistle:
    """A call (吹哨) of a street to one department about an incident.

    Attributes
    ----------
    incident, round, department
        Id of the incident, ordinal of the call on it from 1, and the called department.
    note
        Reason of the call.
    blown_at, blown_by
        Time of the call and name of the caller.
    due_at
        Time by which the department has to report in (报到).
    reported_in_at, reported_in_by
        Time and name of the user; None before the department has reported in.
    answer, joined
        The department's answer, and whether it joins the handling.
    rated_at, rated_by, rating, rating_note
        The street's rating of the response, 1 to 5, with a note; None before the rating.
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

    def is_ratable(self, moment: datetime) -> bool:
        """Return whether the department has reported in, or has not done so by its due time before `moment`."""
        return self.reported_in_at is not None or self.due_at < moment
