"""Errors that name the file and the feature."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FEATURE: Final = "feature "


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
        raise _again(error, f"{name}{joint}{error.message}") from error


@contextmanager
def at_feature(number: int) -> Iterator[None]:
    """Put the number of the feature, from 1, before the message of an error."""
    try:
        yield
    except InputError as error:
        raise _again(error, f"{_FEATURE}{number}: {error.message}") from error


def _again(error: InputError, message: str) -> InputError:
    return type(error)(message, code=error.code, field=error.field, remedy=error.remedy)
