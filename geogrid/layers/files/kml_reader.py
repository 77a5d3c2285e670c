"""Reader of KML, parsed as XML and not by GDAL: network links, styles and schemas are ignored.

Folders and documents are layers. Names, descriptions and extended data are the columns. KML is in WGS 84.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat  # document types, and with them entities, are refused

import numpy as np
from pyproj import CRS

from geogrid.errors import FileError, LayerError
from geogrid.layers.files.encodings import UTF8, named_encoding
from geogrid.layers.files.geometry_arrays import check_budget, faulty_shape, read_geojson
from geogrid.layers.files.layer_file_content import Driver, LayerFile, check_size, choose_layer
from geogrid.layers.files.limits import MAX_VERTICES

if TYPE_CHECKING:
    from pathlib import Path

    from geogrid.layers.files.geometry_arrays import Shape

_FOLDERS: Final = {"Document", "Folder"}
_RINGS: Final = {"outerBoundaryIs", "innerBoundaryIs"}
_MAX_DEPTH: Final = 64
_DECLARED: Final = re.compile(rb"<\?xml[^>]*encoding=[\"']([\w.-]+)")
_AFTER_COMMA: Final = re.compile(r"\s*,\s*")
_UNNAMED: Final = "(unnamed)"


@dataclass(slots=True)
class _Placemark:
    """A feature: its columns, the polygons as rings, the lines, and other geometries that were found."""

    folders: tuple[str, ...]
    columns: dict[str, str] = field(default_factory=dict)
    polygons: list[list[Any]] = field(default_factory=list)
    lines: list[Any] = field(default_factory=list)
    others: set[str] = field(default_factory=set)


def read(path: Path, layer: str | None) -> LayerFile:
    """Read the placemarks of one folder, or of a document with all its folders."""
    data = path.read_bytes()
    # The coordinates of a position contain one comma or two.
    if data.count(b",") > 2 * MAX_VERTICES:
        check_budget(MAX_VERTICES + 1)
    placemarks = _KmlParser().parse(data)
    chosen = _select_folder(placemarks, layer)
    check_size(len(chosen), 0)
    names = list(dict.fromkeys(name for placemark in chosen for name in placemark.columns))
    check_size(len(chosen), len(names))
    columns = {name: [placemark.columns.get(name) for placemark in chosen] for name in names}
    shapes = [_shape(placemark) for placemark in chosen]
    mixed = sum(bool(placemark.others and (placemark.polygons or placemark.lines)) for placemark in chosen)
    notes = (f"Points beside the areas or lines of {mixed:,} placemarks are left out.",) if mixed else ()
    return LayerFile(Driver.KML, columns, shapes, CRS.from_epsg(4326), UTF8, notes)


def _select_folder(placemarks: list[_Placemark], layer: str | None) -> list[_Placemark]:
    paths = list(dict.fromkeys("/".join(placemark.folders) for placemark in placemarks))
    if len(paths) <= 1 and layer is None:
        return placemarks
    inside = [placemark for placemark in placemarks if layer in placemark.folders]
    if inside:
        return inside
    chosen = choose_layer(layer, paths)
    return [placemark for placemark in placemarks if "/".join(placemark.folders) == chosen]


def _shape(placemark: _Placemark) -> Shape:
    if placemark.polygons:
        return read_geojson({"type": "MultiPolygon", "coordinates": placemark.polygons})
    if placemark.lines:
        return read_geojson({"type": "MultiLineString", "coordinates": placemark.lines})
    if placemark.others:
        return faulty_shape(
            LayerError(
                f"The geometry is a {min(placemark.others)}, which is neither polygons nor lines.",
                code="geometry_type",
                field="geometry",
                remedy="Move points and models to a folder of their own.",
            )
        )
    return read_geojson(None)


class _KmlParser:
    """Collects placemarks from the events of an XML parser."""

    def __init__(self) -> None:
        self._stack: list[str] = []
        self._folders: list[str] = []
        self._placemark: _Placemark | None = None
        self._data_name = ""
        self._text: list[str] = []
        self._found: list[_Placemark] = []

    def parse(self, data: bytes) -> list[_Placemark]:
        declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf").lstrip())
        encoding = named_encoding(declared[1].decode()) if declared else UTF8
        parser = expat.ParserCreate(UTF8, namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        try:
            parser.Parse(data if encoding in {None, UTF8} else data.decode(str(encoding)).encode(), True)  # noqa: FBT003 - the last part
        except (expat.ExpatError, UnicodeDecodeError) as error:
            raise FileError(
                "The KML file is damaged, truncated or not in its declared encoding.",
                code="kml",
                remedy="Export it again as KML.",
            ) from error
        return self._found

    def _refuse_doctype(self, *_: object) -> None:
        raise FileError("The KML file has a document type.", code="kml", remedy="Export it again as KML.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        self._stack.append(tag)
        self._text.clear()
        if len(self._stack) > _MAX_DEPTH:
            raise FileError("The KML file is nested too deeply.", code="nested", remedy="Use fewer folders.")
        if tag in _FOLDERS:
            self._folders.append(_UNNAMED)
        elif tag == "Placemark":
            self._placemark = _Placemark(tuple(self._folders))
            if "id" in attributes:
                self._placemark.columns["id"] = attributes["id"]
        elif tag in {"Data", "SimpleData"}:
            self._data_name = attributes.get("name", "")
        elif self._placemark is not None:
            self._start_geometry(self._placemark, tag)

    def _start_geometry(self, placemark: _Placemark, tag: str) -> None:
        if tag == "Polygon":
            placemark.polygons.append([])
        elif tag in {"Point", "Model", "Track", "MultiTrack"}:
            placemark.others.add(tag)

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        self._stack.pop()
        parent = self._stack[-1] if self._stack else ""
        text = "".join(self._text).strip()
        self._text.clear()
        if tag in _FOLDERS:
            self._folders.pop()
        elif tag == "name" and parent in _FOLDERS and self._placemark is None:
            self._folders[-1] = text or _UNNAMED
        elif tag == "Placemark" and self._placemark is not None:
            self._found.append(self._placemark)
            self._placemark = None
        elif self._placemark is not None:
            self._end_in_placemark(self._placemark, tag, parent, text)

    def _end_in_placemark(self, placemark: _Placemark, tag: str, parent: str, text: str) -> None:
        if tag in {"name", "description"} and parent == "Placemark":
            placemark.columns.setdefault(tag, text)
        elif tag == "SimpleData" or (tag == "value" and parent == "Data"):
            placemark.columns[self._data_name] = text
        elif tag == "coordinates" and parent == "LinearRing" and _RINGS & set(self._stack):
            self._add_ring(placemark, text)
        elif tag == "coordinates" and parent == "LineString":
            placemark.lines.append(_positions(text))

    def _add_ring(self, placemark: _Placemark, text: str) -> None:
        rings = placemark.polygons[-1] if placemark.polygons else []
        # The outer ring comes first, whatever the order in the file.
        rings.insert(0 if "outerBoundaryIs" in self._stack else len(rings), _positions(text))


def _positions(text: str) -> list[list[float]] | None:
    """Return the positions of a text; None if a number is invalid."""
    parts = [position.split(",") for position in _AFTER_COMMA.sub(",", text).split()]
    try:
        return np.array([part[:2] for part in parts], dtype=np.float64).reshape(-1, 2).tolist()
    except ValueError:
        return None
