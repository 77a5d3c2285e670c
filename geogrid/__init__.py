"""Grid management (网格化管理) of an urban district: layers, locate, incidents, figures.

These are the public names; each is imported when it is first asked for, so that a command for the telephone does not
wait for libraries that it does not use.

Examples
--------
>>> import geogrid
>>> from geogrid.resources import data_path
>>> demo = geogrid.Generation(1, "demo", synthetic=True)
>>> locator = geogrid.Locator(demo, geogrid.read_generation(data_path("boundaries")))
>>> locator.locate(geogrid.Point(113.3058, 40.0912), geogrid.parse_datum("GCJ-02")).base.name
'仁和美社区第08网格'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geogrid.errors import GeogridError
    from geogrid.geo.datums import from_wgs84, parse_datum, to_wgs84
    from geogrid.layers.geojson_reader import read_generation, read_layer
    from geogrid.layers.geojson_writer import write_layer
    from geogrid.locate.index import LayerIndex
    from geogrid.locate.locator import Locator
    from geogrid.locate.raster_index import RasterIndex
    from geogrid.model import Generation, Grid, Layer, Membership, Point

__all__ = [
    "Generation",
    "GeogridError",
    "Grid",
    "Layer",
    "LayerIndex",
    "Locator",
    "Membership",
    "Point",
    "RasterIndex",
    "from_wgs84",
    "parse_datum",
    "read_generation",
    "read_layer",
    "to_wgs84",
    "write_layer",
]

_HOMES = {
    "geogrid.geo.datums": ("from_wgs84", "parse_datum", "to_wgs84"),
    "geogrid.errors": ("GeogridError",),
    "geogrid.layers.geojson_reader": ("read_generation", "read_layer"),
    "geogrid.layers.geojson_writer": ("write_layer",),
    "geogrid.locate.index": ("LayerIndex",),
    "geogrid.locate.locator": ("Locator",),
    "geogrid.locate.raster_index": ("RasterIndex",),
    "geogrid.model": ("Generation", "Grid", "Layer", "Membership", "Point"),
}


def __getattr__(name: str) -> object:
    """Import a public name from where it lives."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
