"""Texts and answer limits of cards."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from geogrid.model import CardKind
from geogrid.reference_files import Row, RuleFile
from geogrid.rules.time_limits import LimitRow

if TYPE_CHECKING:
    from geogrid.model import Card

_Text = Annotated[str, Field(min_length=1, max_length=500)]


class CardDuty(Row):
    """The request of a card to its recipient.

    Attributes
    ----------
    duty, duty_en
        The requested action.
    answer
        Time limit of the answer.
    """

    duty: _Text
    duty_en: _Text
    answer: LimitRow


class CardText(CardDuty):
    """Text of prompt cards, or of supervision cards.

    Attributes
    ----------
    prefix
        Prefix of the card number.
    """

    name: _Text
    name_en: _Text
    prefix: Annotated[str, Field(pattern=r"^\w{1,10}$")]


class CardRules(RuleFile):
    """Rules of cards.

    Attributes
    ----------
    horizon_days
        An incident due more days ago gets no automatic card, so that an imported history creates none.
    kinds
        Text of each kind.
    whistle
        Request of a supervision card to a department that has not reported in to a whistle (吹哨) in time.
    """

    file = "cards.json"
    error_code = "cards"

    horizon_days: Annotated[int, Field(ge=1, le=366, strict=True)]
    kinds: dict[CardKind, CardText]
    whistle: CardDuty

    @property
    def horizon(self) -> timedelta:
        """`horizon_days` as a duration."""
        return timedelta(days=self.horizon_days)

    def duty(self, card: Card) -> CardDuty:
        """Return the request of a card."""
        return self.kinds[card.kind] if card.whistle is None else self.whistle

    def number(self, kind: CardKind, year: int, serial: int) -> str:
        """Return the displayed number of a card.

        Examples
        --------
        >>> load_cards().number(CardKind.SUPERVISION, 2026, 7)
        '督办-2026-0007'
        """
        return f"{self.kinds[kind].prefix}-{year}-{serial:04d}"


load_cards = CardRules.load
