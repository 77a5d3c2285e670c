"""The page that a user sees after a wrong query: an old link, a changed address, or a value that no longer exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.incidents.query import FIELDS
from geogrid_maps.map_page import ENVIRONMENT
from geogrid_maps.text_catalogue import read_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.constants import Language

#: Messages by the code of the error; other codes get that of ``other``.
_MESSAGES: Final = read_texts("query_errors")
_TEXTS: Final = read_texts("query_error_page")


def query_error_page(
    template: str, path: str, code: str, parameter: str, allowed: Sequence[str], language: Language
) -> str:
    """Return the page.

    Parameters
    ----------
    template
        ``query_error.html``, or ``query_error_part.html`` for a part of a page that is open.
    path
        The path of the page that the user opened.
    code
        The code of the error.
    parameter
        The declared name of the parameter, or an empty text. Never a name that the user sent.
    allowed
        The names or values that exist.
    language
        The language of the page.
    """
    labels = {field.parameter: field.words[language] for field in FIELDS.values()}
    return ENVIRONMENT.get_template(template).render(
        path=path,
        language=language,
        message=_MESSAGES.get(code, _MESSAGES["other"])[language],
        parameter=parameter,
        label=labels.get(parameter, ""),
        allowed=allowed,
        t={key: words[language] for key, words in _TEXTS.items()},
    )
