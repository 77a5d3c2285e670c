"""Error texts of the desk, each with its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid_maps.desk_texts import desk_text
from geogrid_maps.text_catalogue import read_texts

if TYPE_CHECKING:
    from geogrid.constants import Language
    from geogrid.errors import GeogridError

#: Texts by the code of the error. Other errors are shown with their own message and remedy.
REFUSALS: Final = read_texts("desk_refusals")


@dataclass(frozen=True, slots=True)
class Refused:
    """Title and text of an error."""

    title: str
    what: str


def refusal(error: GeogridError, language: Language) -> Refused:
    """Return the title and text of an error."""
    known = REFUSALS.get(error.code)
    if known:
        return Refused(desk_text("refused", language), known[language])
    return Refused(error.title, f"{error.message} {error.remedy or ''}".strip())
