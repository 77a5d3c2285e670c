"""Posts: who holds which duty, and when."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, insert, or_, select, update

from geogrid.model import Duty, Post
from geogrid.store.tables import posts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True)
class PostFilter:
    """What a post must be; None leaves a question open.

    Attributes
    ----------
    layer, code, duty
        One value each.
    day
        In office on that day.
    """

    layer: str | None = None
    code: str | None = None
    duty: Duty | None = None
    day: date | None = None


def find_posts(
    connection: Connection, chosen: PostFilter, *, after: int = 0, limit: int | None = None
) -> dict[int, Post]:
    """Return the posts that a filter chooses, by number, from just after a number on."""
    query = select(posts).where(posts.c.id > after, *_conditions(chosen)).order_by(posts.c.id).limit(limit)
    return {row.id: _from_row(row) for row in connection.execute(query)}


def find_posts_in_office(connection: Connection, places: Collection[tuple[str, str]], day: date) -> dict[int, Post]:
    """Return who is in office on a day for some areas and lines, each a layer's name and a code, by number."""
    if not places:
        return {}
    query = select(posts).where(posts.c.code.in_({code for _, code in places}), *_conditions(PostFilter(day=day)))
    found = {row.id: _from_row(row) for row in connection.execute(query.order_by(posts.c.id))}
    return {number: post for number, post in found.items() if (post.layer, post.code) in places}


def add_posts(connection: Connection, found: Sequence[Post]) -> None:
    """Insert posts."""
    if found:
        connection.execute(insert(posts), [_to_row(post) for post in found])


def update_posts(connection: Connection, found: Mapping[int, Post]) -> None:
    """Write posts over those of the same numbers."""
    if found:
        statement = update(posts).where(posts.c.id == bindparam("number"))
        connection.execute(statement, [{"number": number, **_to_row(post)} for number, post in found.items()])


def _conditions(chosen: PostFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        column == value
        for column, value in ((posts.c.layer, chosen.layer), (posts.c.code, chosen.code), (posts.c.duty, chosen.duty))
        if value is not None
    ]
    if chosen.day is not None:
        found += [posts.c.valid_from <= chosen.day, or_(posts.c.valid_to.is_(None), posts.c.valid_to >= chosen.day)]
    return found


def _to_row(post: Post) -> dict[str, object]:
    return {**asdict(post), "imported_at": datetime.now(UTC)}


def _from_row(row: Row[Any]) -> Post:
    return Post(
        layer=row.layer,
        code=row.code,
        duty=Duty(row.duty),
        name=row.name,
        title=row.title,
        organisation=row.organisation,
        phone=row.phone,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
