"""By whose layers a command counts: the options that figures and maps share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geogrid.constants import MAX_ID
from geogrid.local_time import parse_timestamp
from geogrid.services.layers import generation_at, get_generation

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.model import Generation
    from geogrid.store.database import Store

_MOMENT = click.option("--as-of", metavar="MOMENT", help="By the layers in force then, such as 2022-03-01.")
_GENERATION = click.option(
    "--generation", "number", type=click.IntRange(1, MAX_ID), help="By the layers of this generation, even a draft."
)


def generation_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that `select_generation` reads."""
    return _MOMENT(_GENERATION(command))


def select_generation(store: Store, as_of: str | None, number: int | None) -> Generation | None:
    """Return the generation by whose layers incidents are to be counted, or None: each by those of its own day.

    Raises
    ------
    NotFoundError
        If there is none of that number, or if none was in force at that moment.
    """
    if as_of and number:
        raise click.UsageError("--as-of and --generation say the same in two ways: give one.")
    if as_of:
        return generation_at(store, parse_timestamp(as_of))
    return get_generation(store, number) if number else None
