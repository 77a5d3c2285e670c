"""The list of problem categories: data, with a version and a schema, that a deployment replaces."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geogrid.errors import FileError
from geogrid.model import Category
from geogrid.resources import data_path

if TYPE_CHECKING:
    from pathlib import Path

_Text = Annotated[str, Field(min_length=1, max_length=100)]


class _CategoryRow(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    name: _Text
    name_en: _Text
    department: _Text
    limit_hours: Annotated[int, Field(gt=0, le=24 * 365, strict=True)]


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
        The file; by default the ten fields (十治) that geogrid ships.

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
    (10, 'Shared-bike parking')
    """
    path = path or data_path("reference", "categories.json")
    try:
        content = _CategoryFile.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise FileError(f"{path.name}: {first['msg']}.", code="categories", field=place) from error
    except (OSError, ValueError) as error:
        raise FileError(f"{path.name} cannot be read as JSON: {error}.", code="categories") from error
    categories = {row.code: Category(**row.model_dump()) for row in content.categories}
    if len(categories) < len(content.categories):
        raise FileError(f"{path.name}: a code stands twice.", code="categories", field="categories")
    return categories
