"""The command ``geogrid layers import``: import layers as a new generation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from geogrid.cli.command_support import open_store
from geogrid.cli.layer_file_options import (
    base_option,
    dedicated_option,
    file_options,
    layer_datum_option,
    mend_options,
    parse_mending,
    read_code_scheme,
    read_source_arguments,
    title_option,
)
from geogrid.layers.mend import text_changes
from geogrid.layers.topology import text_report
from geogrid.services import layer_import as service

if TYPE_CHECKING:
    from geogrid.services.layer_import import LayerImport


@click.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="DIRECTORY | LAYER=FILE...")
@click.option("--label", required=True, help="Name of the generation, such as '2026 revision'.")
@base_option
@click.option("--drop", multiple=True, metavar="LAYER", help="Layer of the base generation to omit; can be repeated.")
@title_option
@layer_datum_option
@dedicated_option
@file_options
@click.option("--fix", is_flag=True, help="Mend small faults first; see: geogrid layers check --help.")
@mend_options
@click.option("--commit", is_flag=True, help="Store the layers. Without this option it is a dry run.")
def import_layers(
    sources: tuple[str, ...],
    label: str,
    base: int | None,
    drop: tuple[str, ...],
    tolerance: float | None,
    overlaps: str | None,
    *,
    fix: bool,
    commit: bool,
    **reading: Any,  # noqa: ANN401 - click's
) -> None:
    """Check layers and store them as a draft, completed from the base generation. 导入图层。

    A DIRECTORY contains GeoJSON files named as in data/boundaries/: district and urban or rural; a layer without a file
    does not exist in the district. Or it is an export: "geogrid layers export DIRECTORY --format geojson". LAYER=FILE
    is one layer in a GeoPackage, Shapefile (also zipped, in UTF-8 or GBK), GeoJSON, FlatGeobuf, GeoParquet, KML, KMZ,
    File Geodatabase (also zipped), MapInfo (TAB or MIF) or DXF file in any datum. LAYER is district, street, community,
    village, urban, rural or dedicated, or another name for a thematic layer of polygons or lines, such as idle_land,
    wards or lanes.

    The findings are listed with the affected incidents. Errors stop the import; warnings do not. A draft has no effect
    until "geogrid layers activate".

    \b
    geogrid layers import revision/ --label "2027 revision"
    geogrid layers import urban=网格.zip dedicated=office.gpkg --label "2027 grids" --commit
    geogrid layers import lanes=街巷.shp --title lanes=街巷长制 --label "lanes" --datum gcj02 --commit

    Exit status 1 if there are errors.
    """  # noqa: D301 - click keeps the line breaks after \b
    mend = parse_mending(tolerance, overlaps, fix=fix)
    scheme = read_code_scheme()
    imported = read_source_arguments(sources, reading, scheme)
    with open_store() as store:
        done = service.import_layers(
            store, imported, label=label, commit=commit, base=base, dropped=drop, mend=mend, scheme=scheme
        )
    _print_import(done)
    sys.exit(not done.sound)


def _print_import(done: LayerImport) -> None:
    for note in done.notes:
        click.echo(note, err=True)
    if done.changes:
        click.echo(text_changes(done.changes))
    if done.findings:
        click.echo(text_report(done.findings))
    for layer, count in done.areas.items():
        if not count and layer not in done.brought:
            continue
        origin = "" if layer in done.brought else f"   from generation 取自版本 {done.base}"
        click.echo(f"{layer:<12}{count:>8,}{origin}")
    if done.generation:
        click.echo(f"generation 版本 {done.generation.id}: draft 草稿. Activate it with: geogrid layers activate")
    elif done.sound:
        click.echo("Dry run: nothing was changed. Add --commit to store them. 试运行，未写入。")
    else:
        click.echo("Nothing was changed: correct the errors first. 有错误，未写入。")
