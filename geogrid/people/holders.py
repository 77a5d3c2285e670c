"""Holders of posts: the posts of one person or organisation, who counts once however many posts it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geogrid.model import Post


@dataclass(frozen=True, slots=True)
class OfficeHolder:
    """A person or an organisation with its posts, in the order of the list."""

    posts: tuple[Post, ...]


def group_by_holder(posts: Iterable[Post]) -> list[OfficeHolder]:
    """Return the holders of posts of one area, in the order of their first posts.

    Posts with equal names have one holder, unless their phone numbers differ; a missing number differs from none.

    Examples
    --------
    >>> from datetime import date
    >>> from geogrid.model import Post
    >>> def post(duty, name, phone):
    ...     return Post("urban", "1", duty, name, "", "", phone, date(2026, 1, 1), None)
    >>> posts = [post("leader", "甲某", "0352-1"), post("worker", "甲某", ""), post("worker", "甲某", "0352-2")]
    >>> [[held.duty for held in holder.posts] for holder in group_by_holder(posts)]
    [['leader', 'worker'], ['worker']]
    """
    holders: list[list[Post]] = []
    for post in posts:
        own = next((held for held in holders if _is_holder(held, post)), None)
        if own is None:
            holders.append([post])
        else:
            own.append(post)
    return [OfficeHolder(tuple(held)) for held in holders]


def _is_holder(held: list[Post], post: Post) -> bool:
    phones = {one.phone for one in (*held, post) if one.phone}
    return held[0].name == post.name and len(phones) <= 1
