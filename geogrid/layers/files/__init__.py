"""Layer files of any format that a city's GIS office brings, and that nobody may trust.

The steps, a module each: `sniff` looks at the content, `unpack` opens archives, one module a format (`geojson`, `gpkg`,
`gdal`, `parquet`) hands on columns and `shapes` as arrays, `texts` settles encodings, `datums` the datum, `fields` the
columns, and `reading` puts it all together. Nothing reaches GEOS before it has been measured against `limits`.
"""

from geogrid.layers.files.column_mapping import FieldMapping, read_mappings
from geogrid.layers.files.layer_file import Driver
from geogrid.layers.files.limits import MAX_BYTES, MAX_FEATURES, MAX_VERTICES
from geogrid.layers.files.reader import RawLayer, read_any_file, read_file, read_line_file

__all__ = [
    "MAX_BYTES",
    "MAX_FEATURES",
    "MAX_VERTICES",
    "Driver",
    "FieldMapping",
    "RawLayer",
    "read_any_file",
    "read_file",
    "read_line_file",
    "read_mappings",
]
