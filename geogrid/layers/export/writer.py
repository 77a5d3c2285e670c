"""Write an export to its place, whole or not at all."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.errors import ConflictError, QueryError
from geogrid.geo.datums import WGS84
from geogrid.layers.export.checked_layer import LayerTable, table_of
from geogrid.layers.export.formats import Encoding, ExportFormat, check_encoding, epsg_of
from geogrid.layers.export.gdal_writers import write_flatgeobuf, write_geopackage
from geogrid.layers.export.shapefile import write_shapefile
from geogrid.layers.export.tiles import write_tiles
from geogrid.layers.geojson_writer import collection_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd


def write_export(
    path: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    form: ExportFormat,
    *,
    encoding: Encoding = Encoding.UTF8,
    datum: str = WGS84,
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Write layers to one file.

    Parameters
    ----------
    path
        The file. It appears once it is complete; its folder must be there.
    layers
        Frames by name, with the columns code, name, parent, kind, synthetic, geometry (EPSG:4326) and perhaps
        ``attributes``, a dict a row of what the office's file had besides: text, numbers, truth values or None.
        Attributes become columns; mixed ones become text.
    form
        The format; GeoPackage and PMTiles hold several layers.
    encoding
        Of the texts of a Shapefile.
    datum
        Of the coordinates, see `geogrid.geo.datums.parse_datum`; GeoJSON and PMTiles are in WGS 84.
    overwrite
        Whether a file of that name is replaced.

    Returns
    -------
    tuple of str
        What had to be changed to fit the format, a sentence each.

    Raises
    ------
    ConflictError
        If the file is there and not to be replaced.
    QueryError
        If the format holds one layer and there are several, or the encoding is not one of this format.
    DatumError
        If the format cannot name the datum.
    LayerError
        If a value cannot be written; with the layer, the code and the field.
    SetupError, OSError
        If the file cannot be written.

    Examples
    --------
    >>> from geogrid.layers.files import read_file
    >>> from geogrid.layers.geojson_reader import read_layer
    >>> from geogrid.model import Layer
    >>> from geogrid.resources import data_path
    >>> streets = read_layer(data_path("boundaries", "streets.geojson"), Layer.STREET)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "streets.gpkg")
    ...     write_export(path, {"street": streets}, ExportFormat.GPKG, datum="cgcs2000")
    ...     read_file(path).datum
    ()
    'cgcs2000'
    """
    check_encoding(form, encoding)
    crs = epsg_of(datum, form)
    if not layers or (len(layers) > 1 and not form.holds_many):
        raise QueryError(
            f"A file of the format {form} holds one layer.",
            code="layer_choice",
            field="layer",
            remedy="Name one layer, or a folder, or choose gpkg or pmtiles.",
        )
    tables = [table_of(name, frame, datum) for name, frame in layers.items()]
    with _put([path], overwrite=overwrite) as (part,):
        return _write(part, tables, form, encoding, crs)


def write_folder(
    folder: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    form: ExportFormat,
    *,
    encoding: Encoding = Encoding.UTF8,
    datum: str = WGS84,
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Write each layer to a file of its own, named after it, in a folder that is made if need be.

    None of the files appears before all are complete. Parameters and errors as in `write_export`.
    """
    check_encoding(form, encoding)
    crs = epsg_of(datum, form)
    tables = [table_of(name, frame, datum) for name, frame in layers.items()]
    paths = [folder / f"{table.name}{form.suffix}" for table in tables]
    folder.mkdir(parents=True, exist_ok=True)
    notes: tuple[str, ...] = ()
    with _put(paths, overwrite=overwrite) as parts:
        for part, table in zip(parts, tables, strict=True):
            notes += _write(part, [table], form, encoding, crs)
    return notes


def geojson_text(name: str, frame: gpd.GeoDataFrame) -> str:
    """Give a layer with all its columns as the text of a GeoJSON file; parameters and errors as in `write_export`."""
    return _text(table_of(name, frame))


def _text(table: LayerTable) -> str:
    names = [column.name for column in table.columns]
    rows = zip(*(column.values for column in table.columns), strict=True)
    records = [dict(zip(names, row, strict=True)) for row in rows]
    return collection_text(records, table.shapes, {"name": table.name, "notice": table.notice})


def _write(
    part: Path, tables: Sequence[LayerTable], form: ExportFormat, encoding: Encoding, crs: str
) -> tuple[str, ...]:
    if form is ExportFormat.GPKG:
        return write_geopackage(part, tables, crs)
    if form is ExportFormat.PMTILES:
        return write_tiles(part, tables)
    (table,) = tables
    if form is ExportFormat.FLATGEOBUF:
        return write_flatgeobuf(part, table, crs)
    if form is ExportFormat.SHAPEFILE:
        return write_shapefile(part, table, crs, encoding)
    part.write_text(_text(table), encoding="utf-8", newline="\n")
    return ()


@contextmanager
def _put(paths: Sequence[Path], *, overwrite: bool) -> Iterator[list[Path]]:
    """Give places to write to, beside the paths, and move what was written to them once all is complete."""
    _check_free(paths, overwrite=overwrite)
    with tempfile.TemporaryDirectory(prefix=".geogrid-", dir=paths[0].parent) as stage:
        parts = [Path(stage, path.name) for path in paths]
        yield parts
        _check_free(paths, overwrite=overwrite)
        for part, path in zip(parts, paths, strict=True):
            part.replace(path)


def _check_free(paths: Sequence[Path], *, overwrite: bool) -> None:
    there = next((path for path in paths if path.exists()), None)
    if there is not None and not overwrite:
        raise ConflictError(
            f"{there.name} is there already.", code="file_exists", remedy="Name another, or let it be replaced."
        )
