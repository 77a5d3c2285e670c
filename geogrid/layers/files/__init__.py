"""Reading of untrusted layer files in the formats of `Driver`.

`reader` runs the steps: `file_signature` detects the format, `file_staging` opens archives and copies files, one module
per format (`geojson_reader`, `gpkg_reader`, `kml_reader`, `parquet_reader`, `dxf_reader`, and `gdal_reader` for the
others) returns columns and geometries as `geometry_arrays`, `encodings` determines text encodings, `file_datum` the
datum and `column_mapping` the columns. No geometry is passed to GEOS before it is checked against `limits`.
"""

from geogrid.layers.files.column_mapping import FieldMapping, read_mappings
from geogrid.layers.files.layer_file_content import Driver
from geogrid.layers.files.limits import MAX_BYTES, MAX_FEATURES, MAX_VERTICES
from geogrid.layers.files.reader import RawLayer, read_any_file, read_file, read_line_file, read_unchecked_file

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
    "read_unchecked_file",
]
