"""Texts of the administration area, the account page and the error pages by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.model import GenerationState, Permission
from geogrid_maps.text_catalogue import read_names, read_texts

if TYPE_CHECKING:
    from geogrid.constants import Language

ADMIN: Final = read_texts("admin")
PERMISSIONS: Final = read_names("permissions", Permission)
GENERATION_STATES: Final = read_names("generation_states", GenerationState)
#: Texts of the error pages by status code.
STATUS_TEXTS: Final = read_names("status_pages", int)


def admin_text(key: str, language: Language) -> str:
    """Return a text of the administration area.

    Examples
    --------
    >>> from geogrid.constants import Language
    >>> admin_text("admin", Language.EN)
    'Administration'
    """
    return ADMIN[key][language]
