"""Cards: numbered documents that go out before an incident is due, and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the API builds its schemas from these classes
from enum import StrEnum

from geogrid.model.incidents import Level  # noqa: TC001 - as above


class CardKind(StrEnum):
    """What a card is: 提示卡, which goes out before a duty is due, or 督办卡, after that or on order."""

    PROMPT = "prompt"
    SUPERVISION = "supervision"


@dataclass(frozen=True, slots=True)
class Card:
    """A card; nothing of it changes but that it is answered, once.

    Attributes
    ----------
    id
        Its number for programs.
    kind, year, serial
        What it is, and its number for people: the serial counts from 1 in each year of the district's calendar.
    incident
        The incident that it is about.
    due_at
        When that ought to have been handled, as the card says.
    department, level
        Whom it goes to.
    issued_at, issued_by, reason
        When, by whom (a name) and why; a card that a rule has issued has no reason.
    answer_due_at
        When it ought to be answered.
    answered_at, answered_by, answer
        When, by whom (a name) and how it was; None until then.
    """

    id: int
    kind: CardKind
    year: int
    serial: int
    incident: int
    due_at: datetime | None
    department: str | None
    level: Level
    issued_at: datetime
    issued_by: str
    reason: str
    answer_due_at: datetime
    answered_at: datetime | None = None
    answered_by: str | None = None
    answer: str | None = None


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
