"""Use cases around the polygon layers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.layers.read import read_generation
from geogrid.locate.locator import Locator
from geogrid.store import layers as table

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from geogrid.model import Generation, Layer
    from geogrid.store.database import Store

#: Generations that are put in place without a date hold for all of the past.
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


def install_layers(store: Store, directory: Path, *, label: str, active_from: datetime = ALWAYS) -> Generation:
    """Read the layers of a folder and put them in force.

    Raises
    ------
    FileError, LayerError
        If the files are not what they should be; the store is left as it was.
    ConflictError
        If the label is taken.
    """
    layers = read_generation(directory)
    with store.write() as connection:
        return table.add_generation(connection, layers, label=label, active_from=active_from)


def load_layers(store: Store) -> tuple[Generation, dict[Layer, gpd.GeoDataFrame]]:
    """Return the generation in force and its layers.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    with store.read() as connection:
        generation = table.active_generation(connection)
        return generation, table.load_layers(connection, generation)


def load_locator(store: Store) -> Locator:
    """Return the generation in force, ready to locate.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    return Locator(*load_layers(store))
