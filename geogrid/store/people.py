"""Queries on posts: the people responsible for areas, with their duty and term."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, insert, or_, select, update

from geogrid.model import Post
from geogrid.store.layers import select_descendants
from geogrid.store.tables import posts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True)
class GenerationArea:
    """An area of a generation, which says what lies in it."""

    generation: int
    code: str


@dataclass(frozen=True, slots=True)
class PostFilter:
    """A filter of posts; ``None`` disables a condition.

    Attributes
    ----------
    layer, code, duty
        The layer and code of the area, and the duty.
    day
        In office on that day.
    within
        An area; its communities and grids are included.
    """

    layer: str | None = None
    code: str | None = None
    duty: str | None = None
    day: date | None = None
    within: GenerationArea | None = None


def find_posts(
    connection: Connection, filters: PostFilter, *, after: int = 0, limit: int | None = None
) -> dict[int, Post]:
    """Return the posts of a filter with an id above `after`, by id."""
    query = select(posts).where(posts.c.id > after, *_conditions(filters)).order_by(posts.c.id).limit(limit)
    return {row.id: _from_row(row) for row in connection.execute(query)}


def find_posts_in_office(connection: Connection, areas: Collection[tuple[str, str]], day: date) -> dict[int, Post]:
    """Return the posts of areas and lines, given as pairs of layer and code, in office on a day, by id."""
    if not areas:
        return {}
    query = select(posts).where(posts.c.code.in_({code for _, code in areas}), *_conditions(PostFilter(day=day)))
    candidates = {row.id: _from_row(row) for row in connection.execute(query.order_by(posts.c.id))}
    return {post_id: post for post_id, post in candidates.items() if (post.layer, post.code) in areas}


def add_posts(connection: Connection, new_posts: Sequence[Post]) -> None:
    """Insert posts."""
    if new_posts:
        connection.execute(insert(posts), [_to_row(post) for post in new_posts])


def update_posts(connection: Connection, posts_by_id: Mapping[int, Post]) -> None:
    """Replace posts, by id."""
    if posts_by_id:
        statement = update(posts).where(posts.c.id == bindparam("number"))
        connection.execute(statement, [{"number": post_id, **_to_row(post)} for post_id, post in posts_by_id.items()])


def _conditions(filters: PostFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (posts.c.layer, filters.layer),
            (posts.c.code, filters.code),
            (posts.c.duty, filters.duty),
        )
        if value is not None
    ]
    if filters.within is not None:
        conditions.append(posts.c.code.in_(select_descendants(filters.within.generation, filters.within.code)))
    if filters.day is not None:
        conditions += [
            posts.c.valid_from <= filters.day,
            or_(posts.c.valid_to.is_(None), posts.c.valid_to >= filters.day),
        ]
    return conditions


def _to_row(post: Post) -> dict[str, object]:
    return {**asdict(post), "imported_at": datetime.now(UTC)}


def _from_row(row: Row[Any]) -> Post:
    return Post(
        layer=row.layer,
        code=row.code,
        duty=row.duty,
        name=row.name,
        title=row.title,
        organisation=row.organisation,
        phone=row.phone,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
