"""The command ``geogrid layers export``: write layers as GIS files."""

from __future__ import annotations

from pathlib import Path

import click

from geogrid.cli.command_support import open_store, resolve_layer_datum, translate_write_errors
from geogrid.layers.export import Encoding, ExportFormat
from geogrid.layers.export.formats import format_of
from geogrid.services.layer_export import export_layers
from geogrid.services.rule_versions import load_active_rules


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--layer", "layers", metavar="NAME", multiple=True, help="Layer to export; can be repeated. By default all."
)
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in ExportFormat]),
    help="By default the suffix of OUT decides: .gpkg, .geojson, .fgb, .zip (Shapefile) or .pmtiles.",
)
@click.option("--generation", type=int, metavar="N", help="Id of the generation; by default the active one.")
@click.option(
    "--encoding",
    type=click.Choice([encoding.value for encoding in Encoding], case_sensitive=False),
    default=Encoding.UTF8.value,
    show_default=True,
    help="Text encoding of a Shapefile.",
)
@click.option(
    "--datum",
    metavar="NAME",
    default="wgs84",
    show_default=True,
    help="wgs84, cgcs2000, EPSG:NNNN, such as EPSG:32650, or a .prj file with a local projection.",
)
@click.option("--force", is_flag=True, help="Overwrite existing files.")
def export(
    out: Path,
    layers: tuple[str, ...],
    form: str | None,
    generation: int | None,
    encoding: str,
    datum: str,
    *,
    force: bool,
) -> None:
    """Export layers to OUT for other programs. 导出图层。

    GeoPackage and PMTiles contain all layers in one file. GeoJSON, FlatGeobuf and Shapefile contain one layer per file:
    use --layer once, or a folder as OUT with --format. A Shapefile is written as a zip archive.

    \b
    geogrid layers export grids.gpkg --datum cgcs2000
    geogrid layers export 网格.zip --layer urban --encoding gbk --datum EPSG:32650
    geogrid layers export out/ --format flatgeobuf
    geogrid layers export grids.pmtiles
    """  # noqa: D301 - click keeps the line breaks after \b
    export_format = ExportFormat(form) if form else format_of(out)
    with open_store() as store, translate_write_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        done = export_layers(
            store,
            out,
            export_format,
            generation=generation,
            layers=layers,
            encoding=Encoding(encoding),
            datum=resolve_layer_datum(datum) or datum,
            overwrite=force,
            credit=load_active_rules(store).profile.district.credit,
        )
    for note in done.notes:
        click.echo(note, err=True)
    for layer, count in done.areas.items():
        click.echo(f"{layer:<12}{count:>6,}")
    click.echo(f"{out}: {export_format.value}, generation 版本 {done.generation.id}")
