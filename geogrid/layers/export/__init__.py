"""Export of layers with codes and attributes, in formats of other GIS software.

`writer` runs the steps and writes files atomically: `formats` lists the formats and their limits, `columns` determines
names and types of the attributes, `checked_layer` checks a layer and converts its datum. The modules `gdal_writers`,
`shapefile` and `tiles` (with `pmtiles`) write the formats.
"""

from geogrid.layers.export.formats import Encoding, ExportFormat
from geogrid.layers.export.writer import geojson_text, write_export, write_folder

__all__ = ["Encoding", "ExportFormat", "geojson_text", "write_export", "write_folder"]
