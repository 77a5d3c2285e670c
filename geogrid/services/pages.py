"""Pages of lists that are read by id: one part after the other, whole while new rows come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from geogrid.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Items of a page, unless a list has a maximum of its own.
MAX_PAGE = 1_000


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IdPage(Generic[T]):
    """A part of a list, and the id after which the next part begins, or None at the end."""

    items: list[T]
    next: int | None


def check_limit(limit: int, most: int = MAX_PAGE) -> None:
    """Raise if a page cannot have so many items.

    Raises
    ------
    QueryError
        If the limit is not in 1..`most`.
    """
    if not 1 <= limit <= most:
        raise QueryError(f"The limit is not in 1..{most}.", code="limit", field="limit")


def cut_page(found: Sequence[Any], limit: int) -> IdPage[Any]:
    """Return a page of items with an `id`, from a query for one row more than the page has."""
    return IdPage(list(found[:limit]), found[limit - 1].id if len(found) > limit else None)
