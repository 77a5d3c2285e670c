"""Layers as files that other programs read, with codes and attributes.

The steps, a module each: `formats` names the formats and what each can hold, `columns` settles names and types of the
attributes, `tables` checks a layer and turns it into a datum, `gdal`, `shapefile` and `tiles` (in an archive by
`pmtiles`) write a format each, and `writing` puts a file in its place, whole or not at all.
"""

from geogrid.layers.export.formats import Encoding, ExportFormat
from geogrid.layers.export.writer import geojson_text, write_export, write_folder

__all__ = ["Encoding", "ExportFormat", "geojson_text", "write_export", "write_folder"]
