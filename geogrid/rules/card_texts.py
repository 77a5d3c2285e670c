"""What cards say and how long their answers may take: data that a deployment replaces."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from geogrid.model import CardKind
from geogrid.resources import Row, RuleFile
from geogrid.rules.time_limits import LimitRow

_Text = Annotated[str, Field(min_length=1, max_length=500)]


class CardText(Row):
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

    name: _Text
    name_en: _Text
    prefix: Annotated[str, Field(pattern=r"^\w{1,10}$")]
    duty: _Text
    duty_en: _Text
    answer: LimitRow


class CardRules(RuleFile):
    """All kinds of cards.

    Attributes
    ----------
    horizon_days
        What fell due longer ago gets no card by rule: a history that is taken in would bring thousands.
    kinds
        The texts of each kind.
    """

    file = "cards.json"
    error_code = "cards"

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


load_cards = CardRules.load
