"""``geogrid layers convert``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from geogrid.cli.common import load_settings, writing
from geogrid.crs import parse_datum
from geogrid.layers.convert import standard_frame
from geogrid.layers.files import FieldMapping, read_file, read_mapping
from geogrid.layers.write import write_layer
from geogrid.model import Layer


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--layer", type=click.Choice([layer.value for layer in Layer]), required=True, help="What the areas are.")
@click.option("--datum", metavar="NAME", help="Where the file does not say: wgs84, cgcs2000, gcj02, bd09, EPSG:NNNN.")
@click.option("--table", metavar="NAME", help="The table of a GeoPackage that has several.")
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A TOML file of columns.")
@click.option("--code", metavar="COLUMN", help="The column with the code; the usual names are known.")
@click.option("--name", metavar="COLUMN", help="The column with the name.")
@click.option(
    "--parent", metavar="COLUMN", help="The column with the code one level up; by default what the code says."
)
@click.option("--kind", metavar="COLUMN", help="Of dedicated grids: the column with their kind.")
def convert(file: Path, out: Path, *, layer: str, datum: str | None, table: str | None, **columns: Any) -> None:  # noqa: ANN401 - click's
    """Turn a FILE of a GIS office into the standard GeoJSON, OUT. 转换图层文件。

    Reads GeoPackage, Shapefile (also zipped, in UTF-8 or GBK), GeoJSON, FlatGeobuf and GeoParquet in any datum; the
    content decides, not the ending. OUT is what geogrid layers check and import take: name it as in data/boundaries.

    \b
    geogrid layers convert 网格.zip revision/urban.geojson --layer urban
    geogrid layers convert grids.gpkg revision/rural.geojson --layer rural --table rural --code WGBM --name WGMC
    """  # noqa: D301 - \b is click's mark for "as it stands"
    path = columns.pop("mapping")
    said = {field: column for field, column in columns.items() if column}
    mapping = replace(read_mapping(path) if path else FieldMapping(), **said)
    name = datum or load_settings().default_datum
    raw = read_file(file, layer=table, datum=parse_datum(name) if name else None, mapping=mapping)
    frame = standard_frame(raw, Layer(layer))
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        write_layer(out, frame, {"name": layer, "source": file.name})
    for note in raw.notes:
        click.echo(note, err=True)
    click.echo(f"{out}: {len(frame):,} areas, from {raw.driver.value}, {raw.datum}")
