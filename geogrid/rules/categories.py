"""The tree of problem categories: schema and loading of its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from geogrid.category_tree import CategoryTree
from geogrid.model import Category, CategoryKind
from geogrid.reference_files import DEMO_SCHEME, CategoryCode, Name, NamedRuleFile, Row, included_path, index_by_code

if TYPE_CHECKING:
    from pathlib import Path

#: Maximum number of levels of categories.
MAX_DEPTH: Final = 6


class CategoryRow(Row):
    """A category in the file.

    Attributes
    ----------
    parent
        Code of the category above, or None for a 大类.
    department, kind
        None for those of the category above.
    retired
        True keeps it for the incidents that have it; new reports cannot have it.
    """

    code: CategoryCode
    name: Name
    name_en: Name
    parent: CategoryCode | None = None
    department: Name | None = None
    kind: CategoryKind | None = None
    retired: Annotated[bool, Field(strict=True)] = False


class CategoryFile(NamedRuleFile):
    """A file with the categories of problems, one row each."""

    file = "categories.json"
    error_code = "categories"

    categories: Annotated[Mapping[str, CategoryRow], index_by_code(CategoryRow)]

    def tree(self) -> CategoryTree:
        """Return the categories as a tree."""
        return CategoryTree(self._make_category(row) for row in self.categories.values())

    def find_fault(self) -> tuple[str, str] | None:
        """Find the first fault of the tree."""
        return next(iter(self.find_faults()), None)

    def find_faults(self) -> list[tuple[str, str]]:
        """Return the field and the description of every fault of the tree: parents, circles, missing departments."""
        parents = {row.parent for row in self.categories.values()}
        faults = []
        for number, row in enumerate(self.categories.values()):
            rows = self._ancestors(row)
            if row.parent is not None and row.parent not in self.categories:
                faults.append((f"categories.{number}.parent", f"the category {row.code} names an unknown parent"))
            elif len(rows) > MAX_DEPTH:
                message = f"the category {row.code} is below itself, or more than {MAX_DEPTH} levels deep"
                faults.append((f"categories.{number}.parent", message))
            elif row.code not in parents and not any(one.department for one in rows):
                message = f"the category {row.code} has no department, nor has a category above it"
                faults.append((f"categories.{number}.department", message))
        return faults

    def _ancestors(self, row: CategoryRow) -> list[CategoryRow]:
        """Return a row and the rows above it, at most one more than the permitted levels."""
        rows = [row]
        while len(rows) <= MAX_DEPTH and (above := self.categories.get(rows[-1].parent or "")):
            rows.append(above)
        return rows

    def _make_category(self, row: CategoryRow) -> Category:
        rows = self._ancestors(row)
        return Category(
            row.code,
            row.name,
            row.name_en,
            department=next((one.department for one in rows if one.department), ""),
            kind=next((one.kind for one in rows if one.kind), CategoryKind.FIELD),
            parent=row.parent,
            retired=any(one.retired for one in rows),
        )


def load_categories(path: Path | None = None, *, scheme: str = DEMO_SCHEME) -> CategoryTree:
    """Return the categories of a file; by default those of a scheme that is included in geogrid.

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
    return CategoryFile.load(path or included_path(CategoryFile.file, scheme)).tree()
