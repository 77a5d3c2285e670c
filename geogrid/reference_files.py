"""Paths of the included data files (``data/`` or ``geogrid/data/`` of a wheel), and the base classes of rule files."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError

from geogrid.errors import FileError, SetupError

R = TypeVar("R", bound="RuleFile")
#: A display name.
Name = Annotated[str, Field(min_length=1, max_length=100)]
#: The code of an action or a figure.
Slug = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
#: The code of a category, such as ``Z06``, ``0102`` or ``01-02-03``.
CategoryCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9]+([.-][A-Za-z0-9]+)*$", max_length=20)]
#: Name of the scheme of categories of the demo, a folder below ``data/schemes/``.
DEMO_SCHEME: Final = "shizhi"

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "data", _PACKAGE.parent / "data")


def data_path(*parts: str) -> Path:
    """Return the path of an included data file or folder.

    Parameters
    ----------
    *parts
        Path below ``data/``.

    Raises
    ------
    SetupError
        If it does not exist.

    Examples
    --------
    >>> data_path("demo", "divisions.csv").name
    'divisions.csv'
    """
    for root in _ROOTS:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise SetupError(f"The data file {'/'.join(parts)} is missing.", code="data_missing", remedy="Reinstall geogrid.")


def included_path(file: str, scheme: str = DEMO_SCHEME) -> Path:
    """Return the path of a rule file shipped with geogrid: that of the scheme of categories, or else the common one.

    Examples
    --------
    >>> included_path("categories.json").parent.name, included_path("workflow.json").parent.name
    ('shizhi', 'reference')
    """
    own = data_path("schemes", scheme) / file
    return own if own.exists() else data_path("reference", file)


def list_schemes() -> list[str]:
    """Return the names of the schemes of categories shipped with geogrid.

    Examples
    --------
    >>> "shizhi" in list_schemes()
    True
    """
    return sorted(path.name for path in data_path("schemes").iterdir() if path.is_dir())


class Row(BaseModel):
    """Base of the objects in a rule file: frozen, without unknown members."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleFile(Row):
    """A JSON file of rules or names, with a version, that a deployment can replace.

    Attributes
    ----------
    file
        Name of the file, see `included_path`.
    error_code
        Code of the errors that `load` raises.
    """

    file: ClassVar[str]
    error_code: ClassVar[str]

    version: Name
    title: Name
    source: str

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Return the rules of a file, with a cache; by default the included file.

        Raises
        ------
        FileError
            If the file does not match the schema; with the place in it.
        """
        rules: Self = _load(cls, path or included_path(cls.file))
        return rules

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the rules of a file, without a cache; raises like `load`."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise FileError(f"{path.name} cannot be read as JSON: {error}.", code=cls.error_code) from error
        return cls.parse_text(text, name=path.name)

    @classmethod
    def parse_text(cls, text: str, *, name: str) -> Self:
        """Return the rules in a JSON text; raises like `parse`, also if it is not JSON."""
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FileError(f"{name} cannot be read as JSON: {error}.", code=cls.error_code) from error
        return cls.parse(content, name=name)

    @classmethod
    def parse(cls, content: object, *, name: str) -> Self:
        """Return the rules in parsed JSON.

        Parameters
        ----------
        name
            File name for errors.

        Raises
        ------
        FileError
            If the content does not match the schema; with the place in it.
        """
        try:
            rules = cls.model_validate(content)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            message = first["msg"].removeprefix("Value error, ")
            raise FileError(f"{name}: {message}.", code=cls.error_code, field=place) from error
        if fault := rules.find_fault():
            field, message = fault
            raise FileError(f"{name}: {message}.", code=cls.error_code, field=field)
        return rules

    def find_fault(self) -> tuple[str, str] | None:
        """Return the field and the description of a fault that the schema cannot express, or None."""
        return None


class NamedRuleFile(RuleFile):
    """A rule file with the name of its scheme."""

    scheme: Name


@lru_cache(maxsize=64)
def _load(schema: type[R], path: Path) -> R:
    return schema.read(path)


def index_by_code(row: type[BaseModel], key: str = "code", least: int = 1) -> PlainValidator:
    """Return a validator that turns a list of rows into a mapping by code, in file order.

    Parameters
    ----------
    row
        Schema of a row.
    key
        Name of the member with the code.
    least
        Minimum number of rows.
    """
    rows: TypeAdapter[list[Any]] = TypeAdapter(list[row])  # type: ignore[valid-type]

    def index(content: object) -> dict[Any, Any]:
        parsed = rows.validate_python(content)
        if len(parsed) < least:
            raise ValueError("The list in the rule file is empty; it needs at least one entry.")
        indexed = {getattr(item, key): item for item in parsed}
        if len(indexed) < len(parsed):
            counts = Counter(str(getattr(item, key)) for item in parsed)
            repeated = ", ".join(code for code, count in counts.items() if count > 1)
            raise ValueError(f"A code occurs twice: {repeated}")
        return indexed

    return PlainValidator(index)
