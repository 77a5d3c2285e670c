"""The data files (``data/`` of a clone, ``geogrid/data/`` of an installed wheel), and the base of all rule files."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError

from geogrid.errors import FileError, SetupError

R = TypeVar("R", bound="RuleFile")
#: A name for people.
Name = Annotated[str, Field(min_length=1, max_length=100)]
#: The code of an action or a figure.
Slug = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]

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


class Row(BaseModel):
    """An object in a rule file: it is frozen and has no unknown members."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleFile(Row):
    """A JSON file of rules or names, with a version and a schema, that a deployment may replace.

    Attributes
    ----------
    file
        The name of the file that geogrid ships, below ``data/reference/``.
    error_code
        The code of the errors that `load` raises.
    version, title, source
        Of the rules.
    """

    file: ClassVar[str]
    error_code: ClassVar[str]

    version: Name
    title: Name
    source: str

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Return the rules of a file, which is read once; by default of the one that geogrid ships.

        Raises
        ------
        FileError
            With the file and the place in it that breaks the schema.
        """
        rules: Self = _load(cls, path or data_path("reference", cls.file))
        return rules

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the rules of a file; for errors, see `load`."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise FileError(f"{path.name} cannot be read as JSON: {error}.", code=cls.error_code) from error
        return cls.parse(content, name=path.name)

    @classmethod
    def parse(cls, content: object, *, name: str) -> Self:
        """Check the content of a file of rules.

        Parameters
        ----------
        content
            As `json.loads` returns it.
        name
            The file's name, for errors.

        Raises
        ------
        FileError
            With the place that breaks the schema.
        """
        try:
            rules = cls.model_validate(content)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            message = first["msg"].removeprefix("Value error, ")
            raise FileError(f"{name}: {message}.", code=cls.error_code, field=place) from error
        if fault := rules.fault():
            field, message = fault
            raise FileError(f"{name}: {message}.", code=cls.error_code, field=field)
        return rules

    def fault(self) -> tuple[str, str] | None:
        """Return the place and the description of a fault that the schema cannot express, or None."""
        return None


class NamedRuleFile(RuleFile):
    """A rule file that names the scheme that it follows."""

    scheme: Name


@lru_cache(maxsize=64)
def _load(schema: type[R], path: Path) -> R:
    return schema.read(path)


def index_by_code(row: type[BaseModel], key: str = "code", least: int = 1) -> PlainValidator:
    """Return a validator that reads a list of rows and indexes it by their codes, in the file's order.

    Parameters
    ----------
    row
        The schema of a row.
    key
        The member that holds the code.
    least
        How many rows there must be.
    """
    rows: TypeAdapter[list[Any]] = TypeAdapter(list[row])  # type: ignore[valid-type]

    def index(content: object) -> dict[Any, Any]:
        found = rows.validate_python(content)
        if len(found) < least:
            raise ValueError("The list is empty")
        indexed = {getattr(one, key): one for one in found}
        if len(indexed) < len(found):
            raise ValueError("A code stands twice")
        return indexed

    return PlainValidator(index)
