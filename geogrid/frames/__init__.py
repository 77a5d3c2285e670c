"""Functions on GeoDataFrames: assign points, check and mend layers, find hot spots, smooth rates.

They need no database and no service. `geogrid` exports all of them.

Coordinates
    No function rounds or snaps its input. Points are converted to the CRS of the polygons; if both have the same CRS,
    nothing is converted. `geogrid.read_layer` and imports keep every digit as well. Only two functions change
    coordinates: `mend_layers` returns the layers in EPSG:4326 and puts added or moved nodes on multiples of 1e-9°;
    `geogrid.write_layer` writes seven decimals (1 cm). Maps use six decimals.

Datums
    The datum of a frame is its CRS. GCJ-02 and BD-09 have no EPSG code, so their name is an argument; the CRS of such a
    frame may be EPSG:4326. A missing CRS is an error. CGCS2000 (EPSG:4490) is treated as WGS 84.
"""

from geogrid.frames.assign import assign
from geogrid.frames.datum_conversion import from_wgs84, to_wgs84
from geogrid.frames.hot_spots_and_smoothing import hot_spots, smooth_rates
from geogrid.frames.topology_mending import MendedFrames, check_layers, mend_layers

__all__ = [
    "MendedFrames",
    "assign",
    "check_layers",
    "from_wgs84",
    "hot_spots",
    "mend_layers",
    "smooth_rates",
    "to_wgs84",
]
