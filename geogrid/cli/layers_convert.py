"""The command ``geogrid layers convert``: convert a layer file to the standard GeoJSON format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geogrid.cli.command_support import resolve_layer_datum, translate_write_errors
from geogrid.cli.layer_file_options import file_options, parse_mappings, read_code_scheme
from geogrid.geo.coordinate_checks import datum_label
from geogrid.layers.files import read_file
from geogrid.layers.geojson_writer import file_columns, write_layer
from geogrid.layers.noding import describe_noding, node_layers
from geogrid.layers.standard_columns import standard_frame
from geogrid.model import Layer


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--layer", type=click.Choice([layer.value for layer in Layer]), required=True, help="Layer of the areas.")
@file_options
def convert(file: Path, out: Path, *, layer: str, datum: str | None, table: str | None, **columns: Any) -> None:  # noqa: ANN401 - click's
    """Convert a layer FILE to the standard GeoJSON file OUT. 转换图层文件。

    Reads GeoPackage, Shapefile (also zipped, in UTF-8 or GBK), GeoJSON, FlatGeobuf, GeoParquet, KML, KMZ, file
    geodatabases, MapInfo and DXF in any datum. The format is detected by the content. "geogrid layers check" and
    "geogrid layers import" read OUT if it is named as in data/boundaries.

    \b
    geogrid layers convert 网格.zip revision/urban.geojson --layer urban
    geogrid layers convert grids.gpkg revision/rural.geojson --layer rural --table rural --code WGBM --name WGMC
    """  # noqa: D301 - click keeps the line breaks after \b
    mappings = parse_mappings(columns.pop("mapping"), columns)
    mapping = mappings.get(layer) or mappings[""]
    raw = read_file(file, layer=table, datum=resolve_layer_datum(datum), mapping=mapping)
    whole = standard_frame(raw, Layer(layer), read_code_scheme())
    # Only the other layers of an import show where its borders need vertices, so a file is noded against itself.
    noded = node_layers({Layer(layer): whole}, {Layer(layer): raw.datum})
    frame = noded.layers[Layer(layer)]
    with translate_write_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        write_layer(out, file_columns(frame, layer), {"name": layer, "source": file.name})
    for note in (*raw.notes, *describe_noding(noded)):
        click.echo(note, err=True)
    click.echo(f"{out}: {len(frame):,} areas, from {raw.driver.value}, {datum_label(raw.datum)}")
