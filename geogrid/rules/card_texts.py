"""What cards say and how long their answers may take: data that a deployment replaces."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from geogrid.model import CardKind
from geogrid.resources import data_path, read_reference
from geogrid.rules.time_limits import LimitRow

if TYPE_CHECKING:
    from pathlib import Path

_Text = Annotated[str, Field(min_length=1, max_length=500)]


class CardText(BaseModel):
    """A kind of card.

    Attributes
    ----------
    name, name_en
        What it is called.
    prefix
        Before its number.
    duty, duty_en
        What it asks for.
    answer
        How long its answer may take.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Text
    name_en: _Text
    prefix: Annotated[str, Field(pattern=r"^\w{1,10}$")]
    duty: _Text
    duty_en: _Text
    answer: LimitRow


class CardRules(BaseModel):
    """All kinds of cards.

    Attributes
    ----------
    horizon_days
        What fell due longer ago gets no card by rule: a history that is taken in would bring thousands.
    kinds
        The texts of each kind.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: _Text
    title: _Text
    source: str
    horizon_days: Annotated[int, Field(ge=1, le=366, strict=True)]
    kinds: dict[CardKind, CardText]

    @property
    def horizon(self) -> timedelta:
        """`horizon_days` as a duration."""
        return timedelta(days=self.horizon_days)

    def number(self, kind: CardKind, year: int, serial: int) -> str:
        """Return the number of a card as people write it.

        Examples
        --------
        >>> load_cards().number(CardKind.SUPERVISION, 2026, 7)
        '督办-2026-0007'
        """
        return f"{self.kinds[kind].prefix}-{year}-{serial:04d}"


@lru_cache(maxsize=8)
def load_cards(path: Path | None = None) -> CardRules:
    """Read what cards say; by default as geogrid ships it.

    Raises
    ------
    FileError
        With the file and the place in it that breaks the schema.
    """
    return read_reference(path or data_path("reference", "cards.json"), CardRules, code="cards")
