"""Texts of the errors that the administration area shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.errors import ForbiddenError
from geogrid.model import Permission
from geogrid_maps.admin_texts import PERMISSIONS, admin_text
from geogrid_maps.desk_error_texts import REFUSALS, Refused
from geogrid_maps.text_catalogue import read_texts

if TYPE_CHECKING:
    from geogrid.errors import GeogridError

#: Texts by the code of an error, or by ``code:field``. `REFUSALS` follows for other codes.
ADMIN_REFUSALS: Final = read_texts("admin_refusals")


def admin_refusal(error: GeogridError, language: Language) -> Refused:
    """Return the title and text of an error."""
    title = admin_text("refused", language)
    if isinstance(error, ForbiddenError) and error.permission:
        return Refused(title, missing_permission(Permission(error.permission), language))
    keys = (f"{error.code}:{error.field}", error.code)
    known = next((table[key] for key in keys for table in (ADMIN_REFUSALS, REFUSALS) if key in table), None)
    if known:
        return Refused(title, known[language])
    own = error.title.split(" · ")[0 if language is Language.EN else -1]
    return Refused(title, f"{own}: {error.message}" if language is Language.EN else f"{own}（{error.message}）")


def row_reason(code: str, message: str, language: Language) -> str:
    """Return the text of an error in a row of an import; without one, its message."""
    known = ADMIN_REFUSALS.get(code)
    return known[language] if known else message


def missing_permission(permission: Permission, language: Language) -> str:
    """Return the sentence that names a missing permission."""
    return f"{admin_text('missing_permission', language)}{PERMISSIONS[permission][language]} ({permission})"
