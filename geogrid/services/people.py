"""Use cases around the people of grids, lines and areas: import, who is in office, list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from geogrid.errors import InputError, QueryError
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Duty, Post
from geogrid.people.validation import check_layer_name, parse_post
from geogrid.permissions import area_within_bounds
from geogrid.services.pages import IdPage, check_limit
from geogrid.store import people as table
from geogrid.store.generations import generation_at
from geogrid.store.layers import area_codes
from geogrid.store.people import PostFilter
from geogrid.tabular.table_rows import Refusal, TableRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from geogrid.model import Actor, Bounds
    from geogrid.store.database import Store

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_ORDER = {duty: place for place, duty in enumerate(Duty)}
_Key = tuple[str, str, str, str, date]


@dataclass(frozen=True, slots=True)
class PostImport:
    """What became of a list of people.

    Attributes
    ----------
    rows
        How many rows it has.
    added, changed, unchanged
        How many are new, are known with other details, and are known as they are.
    ended
        The posts that the list, being complete for their area, does not name; each with its new last day.
    refused
        The rows that cannot be kept, each with its reason.
    committed
        Whether all this has been stored.
    """

    rows: int
    added: int
    changed: int
    unchanged: int
    ended: list[Post]
    refused: list[Refusal]
    committed: bool


@dataclass(frozen=True, slots=True)
class _Changes:
    added: list[Post]
    changed: dict[int, Post]
    ended: dict[int, Post]


def import_posts(
    store: Store,
    rows: Iterable[TableRow],
    actor: Actor,
    *,
    commit: bool,
    complete_from: date | None = None,
    layer: str | None = None,
) -> PostImport:
    """Take in a list of people: all rows that can be kept in one transaction, the others refused one by one.

    A post is known by its area, duty, name and first day. Nothing is deleted.

    Parameters
    ----------
    store
        Where to; its layers in force say which codes there are.
    rows
        From `geogrid.people.files.read_people_list`.
    actor
        Who brings it; rows of areas outside of the actor's bounds are refused.
    commit
        False only reports what would happen.
    complete_from
        The list is complete from this day on for every area that it names: who is in office there then and is not
        named, ends the day before. Then a refused row keeps the whole list out, because its post would end by mistake.
    layer
        The layer of rows that name none; without it their code finds it.

    Raises
    ------
    InputError
        If a complete list is empty or its day out of range, or the layer has no possible name.
    NotFoundError
        If no layers are in force.
    """
    if layer is not None:
        check_layer_name(layer)
    with store.read() as connection:
        areas = area_codes(connection, generation_at(connection))
    posts, refused = _parse(rows, areas, layer, actor.bounds)
    if complete_from and not _FIRST_YEAR <= complete_from.year <= _LAST_YEAR:
        raise QueryError(f"The year is not in {_FIRST_YEAR}..{_LAST_YEAR}.", code="period", field="complete_from")
    if complete_from and not posts and not refused:
        raise InputError("A complete list cannot be empty.", code="complete_empty", field="complete_from")
    writes = commit and not (complete_from and refused)
    with store.write() if writes else store.read() as connection:
        changes = _compare(connection, posts, complete_from)
        if writes:
            _write(connection, changes)
    return PostImport(
        rows=len(posts) + len(refused),
        added=len(changes.added),
        changed=len(changes.changed),
        unchanged=len(posts) - len(changes.added) - len(changes.changed),
        ended=_ordered(changes.ended.values()),
        refused=refused,
        committed=writes,
    )


def people_of(store: Store, layer: str, code: str, day: date) -> list[Post]:
    """Return who is in office for an area or a line on a day, by duty and name."""
    with store.read() as connection:
        return _ordered(table.find_posts(connection, PostFilter(layer=layer, code=code, day=day)).values())


def people_along(store: Store, places: Iterable[tuple[str, str]], day: date) -> dict[tuple[str, str], list[Post]]:
    """Return who is in office on a day for each of some areas and lines, each a layer's name and a code."""
    with store.read() as connection:
        return {
            (layer, code): _ordered(table.find_posts(connection, PostFilter(layer=layer, code=code, day=day)).values())
            for layer, code in places
        }


def list_posts(store: Store, chosen: PostFilter, *, after: int = 0, limit: int = 100) -> IdPage[Post]:
    """Return a page of posts, in the order in which they were first imported.

    Parameters
    ----------
    store
        Where they are.
    chosen
        Which ones.
    after
        The `next` of the page before; 0 for the first.
    limit
        At most so many, 1 to `MAX_PAGE`.

    Raises
    ------
    QueryError
        If the limit makes no sense.
    """
    check_limit(limit)
    with store.read() as connection:
        found = table.find_posts(connection, chosen, after=after, limit=limit + 1)
    numbers = list(found)[:limit]
    return IdPage([found[number] for number in numbers], numbers[-1] if len(found) > limit else None)


def today() -> date:
    """Return the day it is on the clock of the district."""
    return datetime.now(LOCAL_ZONE).date()


def _parse(
    rows: Iterable[TableRow], areas: Mapping[str, Collection[str]], layer: str | None, bounds: Bounds
) -> tuple[list[Post], list[Refusal]]:
    posts: dict[_Key, Post] = {}
    refused: list[Refusal] = []
    for row in rows:
        try:
            post = parse_post(row, areas, layer)
            if _key(post) in posts:
                raise InputError("An earlier row names this post already.", code="row_twice")  # noqa: TRY301 - one way out
            if not area_within_bounds(bounds, post.code):
                raise InputError("The area lies outside of your bounds.", code="out_of_bounds", field="code")  # noqa: TRY301 - as above
            posts[_key(post)] = post
        except InputError as error:
            reason = f"{error.message} {error.remedy}" if error.remedy else error.message
            refused.append(Refusal(row.number, error.field, error.code, reason))
    return list(posts.values()), refused


def _compare(connection: Connection, posts: Sequence[Post], complete_from: date | None) -> _Changes:
    known = table.find_posts(connection, PostFilter())
    numbers = {_key(post): number for number, post in known.items()}
    named = {numbers[_key(post)]: post for post in posts if _key(post) in numbers}
    ended: dict[int, Post] = {}
    if complete_from:
        last = complete_from - timedelta(days=1)
        in_office = table.find_posts(connection, PostFilter(day=complete_from))
        # A street's list says nothing of the grids of another street.
        areas = {(post.layer, post.code) for post in posts}
        ended = {
            number: replace(post, valid_to=last)
            for number, post in in_office.items()
            if number not in named and (post.layer, post.code) in areas
        }
    return _Changes(
        added=[post for post in posts if _key(post) not in numbers],
        changed={number: post for number, post in named.items() if known[number] != post},
        ended=ended,
    )


def _write(connection: Connection, changes: _Changes) -> None:
    table.add_posts(connection, changes.added)
    table.update_posts(connection, {**changes.changed, **changes.ended})


def _ordered(posts: Iterable[Post]) -> list[Post]:
    return sorted(posts, key=lambda post: (_ORDER[post.duty], post.name, post.layer, post.code, post.valid_from))


def _key(post: Post) -> _Key:
    return post.layer, post.code, post.duty, post.name, post.valid_from
