"""Load the locator of the active generation.

A module of its own, because `geogrid locate` needs nothing else and the other use cases import pydantic and more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.locate.locator import Locator
from geogrid.model import SNAP_M
from geogrid.store.generations import generation_at
from geogrid.store.layers import load_area_columns

if TYPE_CHECKING:
    from geogrid.store.database import Store


def load_locator(store: Store, *, snap_m: float = SNAP_M, raster: bool = True) -> Locator:
    """Return a locator of the active generation; `snap_m` and `raster` are those of `geogrid.locate.locator.Locator`.

    Raises
    ------
    NotFoundError
        If no generation is active.
    """
    with store.read() as connection:
        generation = generation_at(connection)
        columns = load_area_columns(connection, generation)
    return Locator(generation, columns, snap_m=snap_m, raster=raster)
