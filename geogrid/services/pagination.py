"""Pages of lists: limits, cursors, and cutting query results into pages."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from geogrid.constants import MAX_ID
from geogrid.errors import QueryError
from geogrid.store.incidents import Keyset

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PAGE: Final = 1_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Identified(Protocol):
    @property
    def id(self) -> int: ...


Item = TypeVar("Item")
Cursor = TypeVar("Cursor")
IdentifiedItem = TypeVar("IdentifiedItem", bound=_Identified)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item, Cursor]):
    """A page of a list; `next` is the cursor of the next page, or None on the last page."""

    items: list[Item]
    next: Cursor | None


def check_limit(limit: int, maximum: int = MAX_PAGE) -> None:
    """Raise unless a page may have `limit` items.

    Raises
    ------
    QueryError
        If the limit is not within 1..`maximum`.
    """
    if not 1 <= limit <= maximum:
        raise QueryError(f"The limit is not within 1..{maximum}.", code="limit", field="limit")


def cut_page(rows: list[IdentifiedItem], limit: int) -> Page[IdentifiedItem, int]:
    """Return the first `limit` rows as a page with an id as cursor; the query reads `limit` + 1 rows."""
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def cut_timed_page(
    rows: list[IdentifiedItem], limit: int, time_of: Callable[[IdentifiedItem], datetime | None]
) -> Page[IdentifiedItem, str]:
    """Return the first `limit` rows as a page with time and id as cursor; the query reads `limit` + 1 rows."""
    last = rows[limit - 1] if len(rows) > limit else None
    moment = time_of(last) if last else None
    return Page(rows[:limit], encode_cursor(moment, last.id) if last and moment else None)


def encode_cursor(moment: datetime, row_id: int) -> str:
    """Return the cursor for the position after a row: its time in microseconds since 1970, and its id."""
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{microseconds}.{row_id}".encode()).decode()


def decode_cursor(cursor: str) -> Keyset:
    """Return the position of a cursor from `encode_cursor`.

    Raises
    ------
    QueryError
        If the cursor is not valid.
    """
    try:
        text = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode("ascii")
        microseconds, row_id = (int(part) for part in text.split("."))
        return Keyset(_EPOCH + timedelta(microseconds=microseconds), min(max(row_id, 0), MAX_ID))
    except (ValueError, OverflowError) as error:
        raise QueryError(
            "The cursor is not valid.", code="cursor", field="cursor", remedy="Use the next of the previous page."
        ) from error
