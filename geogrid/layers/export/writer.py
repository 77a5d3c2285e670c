"""Writing of layers in any export format: a file is complete, or is not there."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.errors import ConflictError, QueryError
from geogrid.geo.datums import WGS84
from geogrid.layers.export.formats import Encoding, ExportFormat, check_encoding, epsg_of
from geogrid.layers.export.gdal_writers import write_flatgeobuf, write_geopackage
from geogrid.layers.export.layer_table import LayerTable, prepare_table
from geogrid.layers.export.shapefile import write_shapefile
from geogrid.layers.export.tiles import write_tiles
from geogrid.layers.geojson_writer import format_collection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd

    from geogrid.model.provenance import Provenance


def write_export(
    path: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    form: ExportFormat,
    *,
    encoding: Encoding = Encoding.UTF8,
    datum: str = WGS84,
    overwrite: bool = False,
    provenance: Provenance | None = None,
) -> tuple[str, ...]:
    """Write layers to one file.

    Parameters
    ----------
    path
        The file. It appears when it is complete; its folder must exist.
    layers
        Frames by name, with the columns code, name, parent, kind, synthetic, geometry (EPSG:4326) and optionally
        ``attributes``, a dict per row with text, numbers, booleans or None. Attributes become columns; columns of
        mixed types become text.
    form
        The format; only GeoPackage and PMTiles can contain several layers.
    encoding
        The text encoding of a Shapefile.
    datum
        The datum of the coordinates, see `geogrid.geo.datums.parse_datum`; GeoJSON and PMTiles require WGS 84.
    overwrite
        Whether an existing file is replaced.
    provenance
        Provenance of the file, written where the format has a place for it; None for none.

    Returns
    -------
    tuple of str
        Notes on changes required by the format, one sentence each.

    Raises
    ------
    ConflictError
        If the file exists and `overwrite` is false.
    QueryError
        If the format cannot contain several layers, or does not support the encoding.
    DatumError
        If the format cannot name the datum.
    LayerError
        If a value cannot be written; the error names the layer, the code and the field.
    SetupError, OSError
        If the file cannot be written.

    Examples
    --------
    >>> from geogrid.layers.files import read_file
    >>> from geogrid.layers.generation_file_reader import read_layer
    >>> from geogrid.model import Layer
    >>> from geogrid.reference_files import data_path
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
            f"A file of the format {form} must have exactly one layer.",
            code="layer_choice",
            field="layer",
            remedy="Choose one layer, write to a folder, or choose gpkg or pmtiles.",
        )
    tables = [prepare_table(name, frame, datum) for name, frame in layers.items()]
    with _staged([path], overwrite=overwrite) as (part,):
        return _write(part, tables, form, encoding, crs, provenance)


def write_folder(
    folder: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    form: ExportFormat,
    *,
    encoding: Encoding = Encoding.UTF8,
    datum: str = WGS84,
    overwrite: bool = False,
    provenance: Provenance | None = None,
) -> tuple[str, ...]:
    """Write each layer to its own file in a folder; the folder is created if missing.

    The files appear when all are complete. Parameters and errors as in `write_export`.
    """
    check_encoding(form, encoding)
    crs = epsg_of(datum, form)
    tables = [prepare_table(name, frame, datum) for name, frame in layers.items()]
    paths = [folder / f"{table.name}{form.suffix}" for table in tables]
    folder.mkdir(parents=True, exist_ok=True)
    notes: tuple[str, ...] = ()
    with _staged(paths, overwrite=overwrite) as parts:
        for part, table in zip(parts, tables, strict=True):
            notes += _write(part, [table], form, encoding, crs, provenance)
    return notes


def geojson_text(name: str, frame: gpd.GeoDataFrame, provenance: Provenance | None = None) -> str:
    """Return a layer with all its columns as GeoJSON text; parameters and errors as in `write_export`."""
    return _text(prepare_table(name, frame), provenance)


def _text(table: LayerTable, provenance: Provenance | None) -> str:
    names = [column.name for column in table.columns]
    rows = zip(*(column.values for column in table.columns), strict=True)
    records = [dict(zip(names, row, strict=True)) for row in rows]
    members: dict[str, object] = {"name": table.name, "notice": table.notice}
    if provenance:
        members["provenance"] = provenance.as_json()
    return format_collection(records, table.shapes, members)


def _write(
    part: Path,
    tables: Sequence[LayerTable],
    form: ExportFormat,
    encoding: Encoding,
    crs: str,
    provenance: Provenance | None,
) -> tuple[str, ...]:
    if form is ExportFormat.GPKG:
        return write_geopackage(part, tables, crs, provenance)
    if form is ExportFormat.PMTILES:
        return write_tiles(part, tables, provenance)
    (table,) = tables
    if form is ExportFormat.FLATGEOBUF:
        return write_flatgeobuf(part, table, crs, provenance)
    if form is ExportFormat.SHAPEFILE:
        return write_shapefile(part, table, crs, encoding, provenance)
    part.write_text(_text(table, provenance), encoding="utf-8", newline="\n")
    return ()


@contextmanager
def _staged(paths: Sequence[Path], *, overwrite: bool) -> Iterator[list[Path]]:
    """Yield temporary paths for writing, and move the files to `paths` when all are complete."""
    _check_free(paths, overwrite=overwrite)
    with tempfile.TemporaryDirectory(prefix=".geogrid-", dir=paths[0].parent) as stage:
        parts = [Path(stage, path.name) for path in paths]
        yield parts
        _check_free(paths, overwrite=overwrite)
        for part, path in zip(parts, paths, strict=True):
            part.replace(path)


def _check_free(paths: Sequence[Path], *, overwrite: bool) -> None:
    existing = next((path for path in paths if path.exists()), None)
    if existing is not None and not overwrite:
        raise ConflictError(
            f"The file {existing.name} exists already.",
            code="file_exists",
            remedy="Choose another name, or allow overwriting.",
        )
