"""Grid management (网格化管理) of an urban district: layers, locate, incidents, figures.

The public names are imported on first use, so that a command loads only the libraries that it needs.

Examples
--------
>>> import geogrid
>>> from geogrid.reference_files import data_path
>>> demo = geogrid.Generation(1, "demo", synthetic=True)
>>> locator = geogrid.Locator(demo, geogrid.read_generation(data_path("boundaries")))
>>> locator.locate(geogrid.Point(113.3058, 40.0912), geogrid.parse_datum("GCJ-02")).base.name
'仁和美社区第08网格'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geogrid.errors import GeogridError, OverlapWarning
    from geogrid.frames.assign import assign
    from geogrid.frames.datum_conversion import from_wgs84, to_wgs84
    from geogrid.frames.hot_spots_and_smoothing import hot_spots, smooth_rates
    from geogrid.frames.topology_mending import MendedFrames, check_layers, mend_layers
    from geogrid.geo.datums import parse_datum
    from geogrid.layers.generation_file_reader import read_generation, read_layer
    from geogrid.layers.geojson_writer import write_layer
    from geogrid.locate.locator import Locator
    from geogrid.locate.raster_index import RasterIndex
    from geogrid.locate.tree_index import LayerIndex
    from geogrid.model import Generation, Grid, Layer, Membership, Point

__all__ = [
    "Generation",
    "GeogridError",
    "Grid",
    "Layer",
    "LayerIndex",
    "Locator",
    "Membership",
    "MendedFrames",
    "OverlapWarning",
    "Point",
    "RasterIndex",
    "assign",
    "check_layers",
    "from_wgs84",
    "hot_spots",
    "mend_layers",
    "parse_datum",
    "read_generation",
    "read_layer",
    "smooth_rates",
    "to_wgs84",
    "write_layer",
]

_MODULES = {
    "geogrid.geo.datums": ("parse_datum",),
    "geogrid.errors": ("GeogridError", "OverlapWarning"),
    "geogrid.frames.assign": ("assign",),
    "geogrid.frames.datum_conversion": ("from_wgs84", "to_wgs84"),
    "geogrid.frames.topology_mending": ("MendedFrames", "check_layers", "mend_layers"),
    "geogrid.frames.hot_spots_and_smoothing": ("hot_spots", "smooth_rates"),
    "geogrid.layers.generation_file_reader": ("read_generation", "read_layer"),
    "geogrid.layers.geojson_writer": ("write_layer",),
    "geogrid.locate.tree_index": ("LayerIndex",),
    "geogrid.locate.locator": ("Locator",),
    "geogrid.locate.raster_index": ("RasterIndex",),
    "geogrid.model": ("Generation", "Grid", "Layer", "Membership", "Point"),
}


def __getattr__(name: str) -> object:
    """Import a public name from its module."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
