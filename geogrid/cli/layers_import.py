"""``geogrid layers import``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from geogrid.cli.column_options import (
    base_option,
    file_options,
    mend_options,
    parse_mending,
    read_source_arguments,
    title_option,
)
from geogrid.cli.command_support import open_store
from geogrid.layers.mend import text_changes
from geogrid.layers.topology import text_report
from geogrid.services import layer_import as service

if TYPE_CHECKING:
    from geogrid.services.layer_import import LayerImport


@click.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="DIRECTORY | LAYER=FILE...")
@click.option("--label", required=True, help="A name for the generation, such as '2026 revision'.")
@base_option
@click.option("--drop", multiple=True, metavar="LAYER", help="A thematic layer of the base to leave out.")
@title_option
@file_options
@click.option("--fix", is_flag=True, help="Mend what can be mended safely, see: geogrid layers check --help.")
@mend_options
@click.option("--commit", is_flag=True, help="Keep the layers. Without it nothing is changed: a dry run.")
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
    """Check layers and keep them, with those that are not brought, as a draft. 导入图层。

    A DIRECTORY holds the seven GeoJSON files that data/boundaries/ shows. LAYER=FILE brings one layer from a
    GeoPackage, Shapefile (also zipped, in UTF-8 or GBK), GeoJSON, FlatGeobuf or GeoParquet file in any datum: district,
    street, community, village, urban, rural, dedicated, or any other name for a thematic layer of polygons or lines,
    such as idle_land, wards or lanes.

    What is wrong is named first, with the incidents that it touches; an error stops the import, a warning does not. A
    draft changes nothing until it is put in force: geogrid layers activate.

    \b
    geogrid layers import revision/ --label "2027 revision"
    geogrid layers import urban=网格.zip dedicated=office.gpkg --label "2027 grids" --commit
    geogrid layers import lanes=街巷.shp --title lanes=街巷长制 --label "lanes" --datum gcj02 --commit

    Exit status 1 if there are errors.
    """  # noqa: D301 - \b is click's mark for "as it stands"
    mend = parse_mending(tolerance, overlaps, fix=fix)
    brought = read_source_arguments(sources, reading)
    with open_store() as store:
        done = service.import_layers(store, brought, label=label, commit=commit, base=base, dropped=drop, mend=mend)
    _print(done)
    sys.exit(not done.sound)


def _print(done: LayerImport) -> None:
    for note in done.notes:
        click.echo(note, err=True)
    if done.changes:
        click.echo(text_changes(done.changes))
    if done.findings:
        click.echo(text_report(done.findings))
    for layer, number in done.areas.items():
        origin = "" if layer in done.brought else f"   from generation 取自版本 {done.base}"
        click.echo(f"{layer:<12}{number:>8,}{origin}")
    if done.generation:
        click.echo(f"generation 版本 {done.generation.id}: draft 草稿. Put it in force with: geogrid layers activate")
    elif done.sound:
        click.echo("Dry run: nothing was changed. Add --commit to keep them. 试运行，未写入。")
    else:
        click.echo("Nothing was changed: mend the errors first. 有错误，未写入。")
