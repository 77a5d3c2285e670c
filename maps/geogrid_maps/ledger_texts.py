"""Texts of the ledger pages by key, and the names of kinds and states of sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.ledger.ledger_filter import SiteState
from geogrid_maps.desk_error_texts import Refused, refusal
from geogrid_maps.desk_texts import desk_text
from geogrid_maps.text_catalogue import read_names, read_texts

if TYPE_CHECKING:
    from geogrid.constants import Language
    from geogrid.errors import GeogridError

LEDGER_TEXTS: Final = read_texts("ledger")
SITE_STATES: Final = read_names("site_states", SiteState)
#: Names of the kinds of the demo; an imported kind without a name here is displayed itself.
SITE_KINDS: Final = read_texts("site_kinds")
#: Texts by the code of an error. The texts of the desk follow for other codes.
LEDGER_REFUSALS: Final = read_texts("ledger_refusals")


def ledger_text(key: str, language: Language) -> str:
    """Return a text of the ledger pages.

    Examples
    --------
    >>> from geogrid.constants import Language
    >>> ledger_text("evidence", Language.EN)
    'Evidence'
    """
    return LEDGER_TEXTS[key][language]


def kind_name(kind: str, language: Language) -> str:
    """Return the name of a kind of sites."""
    return SITE_KINDS[kind][language] if kind in SITE_KINDS else kind


def ledger_refusal(error: GeogridError, language: Language) -> Refused:
    """Return the title and text of an error."""
    known = LEDGER_REFUSALS.get(error.code)
    return Refused(desk_text("refused", language), known[language]) if known else refusal(error, language)
