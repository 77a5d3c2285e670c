"""The data files: ``data/`` of a clone, ``geogrid/data/`` of an installed wheel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from geogrid.errors import FileError, SetupError

M = TypeVar("M", bound=BaseModel)

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "data", _PACKAGE.parent / "data")


def data_path(*parts: str) -> Path:
    """Return the path of a file or folder that geogrid ships.

    Parameters
    ----------
    *parts
        The way below ``data/``.

    Raises
    ------
    SetupError
        If it is in neither place.

    Examples
    --------
    >>> data_path("reference", "divisions.csv").name
    'divisions.csv'
    """
    for root in _ROOTS:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise SetupError(
        f"The data file {'/'.join(parts)} is missing.", code="data_missing", remedy="Install geogrid again."
    )


def read_reference(path: Path, schema: type[M], *, code: str) -> M:
    """Read a JSON file of rules or names that a deployment may replace.

    Parameters
    ----------
    path
        The file.
    schema
        What it has to be.
    code
        Of the errors.

    Raises
    ------
    FileError
        With the file and the place in it that breaks the schema.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(f"{path.name} cannot be read as JSON: {error}.", code=code) from error
    return check_reference(content, schema, name=path.name, code=code)


def check_reference(content: object, schema: type[M], *, name: str, code: str) -> M:
    """Check what a JSON file of rules or names holds.

    Parameters
    ----------
    content
        As `json.loads` gives it.
    schema
        What it has to be.
    name, code
        Of the file, and of the errors.

    Raises
    ------
    FileError
        With the file and the place in it that breaks the schema.
    """
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise FileError(f"{name}: {message}.", code=code, field=place) from error
