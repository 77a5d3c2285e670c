"""Errors that name the file and the feature."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FEATURE: Final = "feature "
#: A file may have hundreds of columns, and names without end.
_LONGEST: Final = 500


def plain(text: str) -> str:
    r"""Return a text out of a file for people: a terminal is to show it and not to obey it, and it comes to an end.

    Examples
    --------
    >>> plain("a\x1b[31m"), len(plain("a" * 1000))
    ('a�[31m', 500)
    """
    shown = "".join(sign if sign.isprintable() else "\ufffd" for sign in text[:_LONGEST])
    return shown if len(text) <= _LONGEST else f"{shown[:-1]}…"


@contextmanager
def in_file(name: str) -> Iterator[None]:
    """Put the name of the file before the message of an error.

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
        joint = ", " if error.message.startswith(_FEATURE) else ": "
        field = error.field and plain(error.field)
        raise _again(error, f"{plain(name)}{joint}{plain(error.message)}", field) from error


@contextmanager
def at_feature(number: int) -> Iterator[None]:
    """Put the number of the feature, from 1, before the message of an error."""
    try:
        yield
    except InputError as error:
        raise _again(error, f"{_FEATURE}{number}: {error.message}", error.field) from error


def _again(error: InputError, message: str, field: str | None) -> InputError:
    return type(error)(message, code=error.code, field=field, remedy=error.remedy)
