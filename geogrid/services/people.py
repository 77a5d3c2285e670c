"""Posts of persons responsible for grids, lines and areas: import, look up, list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from geogrid.errors import InputError, QueryError
from geogrid.local_time import local_zone
from geogrid.people.validation import check_layer_name, parse_posts
from geogrid.permissions import area_within_bounds
from geogrid.services.pagination import MAX_PAGE, Page, check_limit
from geogrid.store import people as table
from geogrid.store.generations import generation_at
from geogrid.store.layers import area_codes, load_area_tree
from geogrid.store.people import PostFilter
from geogrid.tabular.row_model import Refusal, TableRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from geogrid.layers.area_tree import AreaTree
    from geogrid.model import Actor, Bounds, Post
    from geogrid.rules.profile import Profile
    from geogrid.rules.vocabulary import DutyRow
    from geogrid.store.database import Store

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_Key = tuple[str, str, str, str, date]


@dataclass(frozen=True, slots=True)
class PostImport:
    """The result of an import of posts.

    Attributes
    ----------
    rows
        The number of rows.
    added, changed, unchanged
        The numbers of new, changed and unchanged posts.
    ended
        The posts missing from a complete list, with their new last day.
    refused
        The refused rows, each with its reason.
    committed
        Whether the changes were stored.
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
    rows: Sequence[TableRow],
    actor: Actor,
    profile: Profile,
    *,
    commit: bool,
    complete_from: date | None = None,
    layer: str | None = None,
) -> PostImport:
    """Store the valid rows of a list of people in one transaction, and return the refused rows with their reasons.

    Area, duty, name and first day identify a post. No post is deleted.

    Parameters
    ----------
    store
        The database; its active generation defines the valid codes.
    rows
        Rows with the fields of `geogrid.people.people_columns.PEOPLE_COLUMNS`.
    actor
        The user who imports the list; rows outside the bounds of the actor are refused.
    profile
        The profile with the duties.
    commit
        False checks without writing.
    complete_from
        The day from which the list is complete for its areas: missing posts end the day before. A refused row then
        prevents the whole import, because its post would end by mistake.
    layer
        The layer of rows without one; by default the code determines the layer.

    Raises
    ------
    InputError
        If a complete list is empty, or if the layer name is not valid.
    QueryError
        If the year of `complete_from` is out of range.
    NotFoundError
        If no generation is active.
    """
    if layer is not None:
        check_layer_name(layer)
    with store.read() as connection:
        generation = generation_at(connection)
        areas, tree = area_codes(connection, generation), load_area_tree(connection, [generation])
    posts, refused = _parse(rows, areas, tree, layer, actor.bounds, profile.duties)
    if complete_from and not _FIRST_YEAR <= complete_from.year <= _LAST_YEAR:
        raise QueryError(f"The year is not within {_FIRST_YEAR}..{_LAST_YEAR}.", code="period", field="complete_from")
    if complete_from and not posts and not refused:
        raise InputError(
            "The list of people is declared complete, but has no rows.",
            code="complete_empty",
            field="complete_from",
            remedy="Add the people of the areas, or omit complete_from.",
        )
    writes = commit and not (complete_from and refused)
    with store.write() if writes else store.read() as connection:
        changes = _compare(connection, posts, complete_from)
        if writes:
            _store_changes(connection, changes)
    return PostImport(
        rows=len(rows),
        added=len(changes.added),
        changed=len(changes.changed),
        unchanged=len(posts) - len(changes.added) - len(changes.changed),
        ended=sort_posts(changes.ended.values(), profile.duties),
        refused=refused,
        committed=writes,
    )


def list_people_of_area(store: Store, profile: Profile, layer: str, code: str, day: date) -> list[Post]:
    """Return the posts of an area or line on a day, sorted by duty and name."""
    with store.read() as connection:
        posts = table.find_posts(connection, PostFilter(layer=layer, code=code, day=day)).values()
    return sort_posts(posts, profile.duties)


def list_people_of_areas(
    store: Store, profile: Profile, areas: Iterable[tuple[str, str]], day: date
) -> dict[tuple[str, str], list[Post]]:
    """Return the posts on a day for each area or line, given as pairs of layer and code."""
    with store.read() as connection:
        return {
            (layer, code): sort_posts(
                table.find_posts(connection, PostFilter(layer=layer, code=code, day=day)).values(), profile.duties
            )
            for layer, code in areas
        }


def list_posts(store: Store, filters: PostFilter, *, after: int = 0, limit: int = 100) -> Page[Post, int]:
    """Return a page of posts, in import order.

    Parameters
    ----------
    store
        The database.
    filters
        The posts.
    after
        The `next` of the previous page; 0 for the first page.
    limit
        The maximum number of posts, 1 to `MAX_PAGE`.

    Raises
    ------
    QueryError
        If the limit is not within 1..`MAX_PAGE`.
    """
    check_limit(limit, MAX_PAGE)
    with store.read() as connection:
        posts_by_id = table.find_posts(connection, filters, after=after, limit=limit + 1)
    ids = list(posts_by_id)[:limit]
    return Page([posts_by_id[post_id] for post_id in ids], ids[-1] if len(posts_by_id) > limit else None)


def local_today() -> date:
    """Return the current day in the local time of the district."""
    return datetime.now(local_zone()).date()


def _parse(
    rows: Iterable[TableRow],
    areas: Mapping[str, Collection[str]],
    tree: AreaTree,
    layer: str | None,
    bounds: Bounds,
    duties: Mapping[str, DutyRow],
) -> tuple[list[Post], list[Refusal]]:
    posts: dict[_Key, Post] = {}
    refused: list[Refusal] = []
    for row in rows:
        try:
            found = {_post_key(post): post for post in parse_posts(row, areas, duties, layer)}
            if not found.keys().isdisjoint(posts):
                raise InputError("An earlier row has the same post.", code="row_twice")  # noqa: TRY301 - one handler
            if not all(area_within_bounds(bounds, tree.lineage(post.code)) for post in found.values()):
                raise InputError("The area lies outside your bounds.", code="out_of_bounds", field="code")  # noqa: TRY301 - as above
            posts |= found
        except InputError as error:
            refused.append(Refusal.of(row.number, error))
    return list(posts.values()), refused


def _compare(connection: Connection, posts: Sequence[Post], complete_from: date | None) -> _Changes:
    known_posts = table.find_posts(connection, PostFilter())
    ids_by_key = {_post_key(post): post_id for post_id, post in known_posts.items()}
    listed = {ids_by_key[_post_key(post)]: post for post in posts if _post_key(post) in ids_by_key}
    ended: dict[int, Post] = {}
    if complete_from:
        last = complete_from - timedelta(days=1)
        in_office = table.find_posts(connection, PostFilter(day=complete_from))
        # The list is complete only for the areas that it contains.
        areas = {(post.layer, post.code) for post in posts}
        ended = {
            post_id: replace(post, valid_to=last)
            for post_id, post in in_office.items()
            if post_id not in listed and (post.layer, post.code) in areas
        }
    return _Changes(
        added=[post for post in posts if _post_key(post) not in ids_by_key],
        changed={post_id: post for post_id, post in listed.items() if known_posts[post_id] != post},
        ended=ended,
    )


def _store_changes(connection: Connection, changes: _Changes) -> None:
    table.add_posts(connection, changes.added)
    table.update_posts(connection, {**changes.changed, **changes.ended})


def sort_posts(posts: Iterable[Post], duties: Iterable[str]) -> list[Post]:
    """Return posts sorted by duty in display order, name, area and first day; unknown duties come last."""
    order = {duty: place for place, duty in enumerate(duties)}
    return sorted(
        posts,
        key=lambda post: (
            order.get(post.duty, len(order)),
            post.duty,
            post.name,
            post.layer,
            post.code,
            post.valid_from,
        ),
    )


def _post_key(post: Post) -> _Key:
    return post.layer, post.code, post.duty, post.name, post.valid_from
