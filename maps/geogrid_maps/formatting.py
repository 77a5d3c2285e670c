"""How pages write what data holds: names in the reader's language, moments on the clock of the district."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from geogrid.constants import Language
from geogrid.local_time import LOCAL_ZONE

if TYPE_CHECKING:
    from datetime import datetime


class Named(Protocol):
    """What has a name in Chinese and in English: a category, state, transition, formula."""

    @property
    def name(self) -> str:
        """The Chinese name."""

    @property
    def name_en(self) -> str:
        """The English name."""


def name_of(named: Named, language: Language) -> str:
    """Return what something is called in a language."""
    return named.name if language is Language.ZH else named.name_en


def to_the_minute(moment: datetime | None, none: str = "") -> str:
    """Return a moment on the clock of the district, or `none` where there is none.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> to_the_minute(datetime(2022, 6, 30, 16, 5, tzinfo=UTC))
    '2022-07-01 00:05'
    """
    return moment.astimezone(LOCAL_ZONE).strftime("%Y-%m-%d %H:%M") if moment else none
