"""From a file that a GIS office brings to the standard GeoJSON of a generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.layers.codes import parent_of
from geogrid.model import Layer

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.layers.files import RawLayer


def standard_frame(raw: RawLayer, layer: Layer) -> gpd.GeoDataFrame:
    """Return a layer in the columns that `geogrid.layers.write.write_layer` and the reader agree on.

    Parameters
    ----------
    raw
        As `geogrid.layers.files.read_file` returns it.
    layer
        What it is to be. Where the file names no parent, it is the one that the code names; where it has no name, the
        code stands for it.

    Returns
    -------
    GeoDataFrame
        Columns code, name, layer, parent, synthetic, for dedicated grids kind, and geometry in WGS 84. Neither codes
        nor shapes are checked: that is for the topology report.

    Examples
    --------
    >>> from geogrid.layers.files import read_file
    >>> from geogrid.resources import data_path
    >>> raw = read_file(data_path("boundaries", "streets.geojson"), datum="wgs84")
    >>> standard_frame(raw, Layer.STREET).iloc[0][["code", "name", "layer", "parent"]].tolist()
    ['140213050', '永泰街道', 'street', '140213']
    """
    found = raw.frame
    known = found["parent"].where(found["parent"].notna(), found["code"].map(parent_of))
    columns = {
        "name": found["name"].where(found["name"].notna(), found["code"]),
        "layer": layer.value,
        "parent": None if layer is Layer.DISTRICT else known,
        "synthetic": [bool(attributes.get("synthetic", False)) for attributes in found["attributes"]],
    }
    kind = ["kind"] if layer is Layer.DEDICATED else []
    return found.assign(**columns)[["code", *columns, *kind, "geometry"]]
