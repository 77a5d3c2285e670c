"""Names and times as text: names in the language of the page, times in local time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from geogrid.constants import Language
from geogrid.local_time import local_zone

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.locate.locator import Owner
    from geogrid.stats.rate_change import RateChange


class Named(Protocol):
    """A record with a Chinese and an English name: a category, state, transition or formula."""

    @property
    def name(self) -> str:
        """The Chinese name."""

    @property
    def name_en(self) -> str:
        """The English name."""


def name_of(named: Named, language: Language) -> str:
    """Return the name of a record in a language."""
    return named.name if language is Language.ZH else named.name_en


def division_names(owner: Owner) -> list[str]:
    """Return the names of the street and the community or village of a grid, as far as they exist."""
    return [place.name for place in owner.divisions]


def format_change(change: RateChange | None) -> str:
    """Return a change per day in per cent with its 95 % interval, or an empty text without one.

    Examples
    --------
    >>> from geogrid.stats.rate_change import RateChange
    >>> format_change(RateChange(1.016, 0.99, 1.042))
    '+1.6 % (−1.0 … +4.2)'
    """
    if change is None:
        return ""
    percent, low, high = (f"{100 * (ratio - 1):+,.1f}" for ratio in (change.ratio, change.low, change.high))
    return f"{percent} % ({low} … {high})".replace("-", "−")


def to_the_minute(moment: datetime | None, none: str = "") -> str:
    """Return a time as local time to the minute, or `none` without one.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> to_the_minute(datetime(2022, 6, 30, 16, 5, tzinfo=UTC))
    '2022-07-01 00:05'
    """
    return moment.astimezone(local_zone()).strftime("%Y-%m-%d %H:%M") if moment else none
