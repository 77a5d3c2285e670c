"""Options that select the generation by which figures and maps count incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geogrid.constants import MAX_ID
from geogrid.local_time import parse_timestamp
from geogrid.services.layer_generations import generation_at, get_generation

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.model import Generation
    from geogrid.store.database import Store

_MOMENT = click.option(
    "--as-of", metavar="MOMENT", help="Count by the generation active at this time, such as 2022-03-01."
)
_GENERATION = click.option(
    "--generation", "number", type=click.IntRange(1, MAX_ID), help="Count by this generation, which can be a draft."
)


def generation_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for `select_generation` to a command."""
    return _MOMENT(_GENERATION(command))


def select_generation(store: Store, as_of: str | None, number: int | None) -> Generation | None:
    """Return the selected generation, or None to count each incident by the generation of its day.

    Raises
    ------
    NotFoundError
        If the generation does not exist, or none was active at that time.
    """
    if as_of and number:
        raise click.UsageError("Use either --as-of or --generation.")
    if as_of:
        return generation_at(store, parse_timestamp(as_of))
    return get_generation(store, number) if number else None
