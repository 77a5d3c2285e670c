"""Functions for people who have GeoDataFrames: assign points, check and mend layers, find hot spots, smooth rates.

Nothing here needs a store or a service. All functions are exported from `geogrid`.

Coordinates
    Every function takes coordinates exactly as they are given; none is rounded or snapped. The CRS of each frame is
    heeded. Points move into the coordinates of the polygons, never the other way round, and where both have one CRS
    nothing is transformed. Files are read in the same way: `geogrid.read_layer` and an import keep every digit. Only
    two things change coordinates: `mend_layers`, which returns the layers in EPSG:4326 with the nodes that it adds or
    moves on multiples of 1e-9°, and `geogrid.write_layer`, which writes seven decimals (1 cm). Maps draw with six.

Datums
    A frame names its CRS. GCJ-02 and BD-09 have no EPSG code, so their name is an argument; for such coordinates a
    frame may call itself EPSG:4326. A missing CRS is an error, never a guess. CGCS2000 (EPSG:4490) is taken as WGS 84.
"""

from geogrid.frames.assign import assign
from geogrid.frames.coordinates import from_wgs84, to_wgs84
from geogrid.frames.layers import MendedFrames, check_layers, mend_layers
from geogrid.frames.statistics import hot_spots, smooth_rates

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
