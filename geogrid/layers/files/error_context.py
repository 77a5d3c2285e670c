"""Context managers that add the file name and the feature number to errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FEATURE: Final = "feature "
#: Maximum length of a printable text: a file may have hundreds of columns, or very long names.
_LONGEST: Final = 500


def printable(text: str) -> str:
    r"""Return a text from a file without control characters, at most 500 characters long.

    Examples
    --------
    >>> printable("a\x1b[31m"), len(printable("a" * 1000))
    ('a�[31m', 500)
    """
    cleaned = "".join(sign if sign.isprintable() else "\ufffd" for sign in text[:_LONGEST])
    return cleaned if len(text) <= _LONGEST else f"{cleaned[:-1]}…"


@contextmanager
def in_file(name: str) -> Iterator[None]:
    """Prefix errors with the file name.

    Examples
    --------
    >>> from geogrid.errors import LayerError
    >>> with in_file("grids.gpkg"), at_feature(3):
    ...     raise LayerError("The geometry is empty.", field="geometry")
    Traceback (most recent call last):
    geogrid.errors.LayerError: geometry: grids.gpkg, feature 3: The geometry is empty.
    """
    try:
        yield
    except InputError as error:
        separator = ", " if error.message.startswith(_FEATURE) else ": "
        field = error.field and printable(error.field)
        raise _with_message(error, f"{printable(name)}{separator}{printable(error.message)}", field) from error


@contextmanager
def at_feature(number: int) -> Iterator[None]:
    """Prefix errors with the number of the feature, from 1."""
    try:
        yield
    except InputError as error:
        raise _with_message(error, f"{_FEATURE}{number}: {error.message}", error.field) from error


def _with_message(error: InputError, message: str, field: str | None) -> InputError:
    return type(error)(message, code=error.code, field=field, remedy=error.remedy)
