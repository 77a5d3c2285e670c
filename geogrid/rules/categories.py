"""The list of problem categories: data, with a version and a schema, that a deployment replaces."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from geogrid.errors import FileError
from geogrid.model import Category, CategoryKind
from geogrid.resources import data_path, read_reference

if TYPE_CHECKING:
    from pathlib import Path

_Text = Annotated[str, Field(min_length=1, max_length=100)]


class _CategoryRow(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    name: _Text
    name_en: _Text
    department: _Text
    kind: CategoryKind = CategoryKind.FIELD


class _CategoryFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    scheme: _Text
    version: _Text
    title: _Text
    source: str
    categories: Annotated[list[_CategoryRow], Field(min_length=1)]


@lru_cache(maxsize=8)
def load_categories(path: Path | None = None) -> dict[str, Category]:
    """Read a category list.

    Parameters
    ----------
    path
        The file; by default the ten fields (十治) and disputes, which geogrid ships.

    Returns
    -------
    dict of str to Category
        By code, in the file's order.

    Raises
    ------
    FileError
        With the file and the place in it that breaks the schema.

    Examples
    --------
    >>> categories = load_categories()
    >>> len(categories), categories["Z06"].name_en
    (11, 'Shared-bike parking')
    """
    path = path or data_path("reference", "categories.json")
    content = read_reference(path, _CategoryFile, code="categories")
    categories = {row.code: Category(**row.model_dump()) for row in content.categories}
    if len(categories) < len(content.categories):
        raise FileError(f"{path.name}: a code stands twice.", code="categories", field="categories")
    return categories
