"""The list of problem categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from geogrid.model import Category, CategoryKind
from geogrid.reference_files import Name, NamedRuleFile, Row, index_by_code

if TYPE_CHECKING:
    from pathlib import Path


class _CategoryRow(Row):
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    name: Name
    name_en: Name
    department: Name
    kind: CategoryKind = CategoryKind.FIELD


class CategoryFile(NamedRuleFile):
    """A file with the categories of problems."""

    file = "categories.json"
    error_code = "categories"

    categories: Annotated[Mapping[str, _CategoryRow], index_by_code(_CategoryRow)]

    def by_code(self) -> dict[str, Category]:
        """Return the categories by code, in file order."""
        return {code: Category(**row.model_dump()) for code, row in self.categories.items()}


def load_categories(path: Path | None = None) -> dict[str, Category]:
    """Return the categories of a file by code, in file order; by default the ten fields (十治) and disputes.

    Raises
    ------
    FileError
        If the file does not match the schema; with the place in it.

    Examples
    --------
    >>> categories = load_categories()
    >>> len(categories), categories["Z06"].name_en
    (11, 'Shared-bike parking')
    """
    return CategoryFile.load(path).by_code()
