"""``geogrid map``."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geogrid.cli.column_options import base_option, file_options, title_option, whole_layers
from geogrid.cli.command_support import open_store
from geogrid.constants import Language
from geogrid.layers.topology import has_errors
from geogrid.rules.categories import load_categories
from geogrid.services.animation import playback
from geogrid.services.figures import count_by_grid, density
from geogrid.stats.animation import TimeStep
from geogrid_maps.cli_areas import density as density_command
from geogrid_maps.cli_areas import hotspots, rates
from geogrid_maps.cli_compare import compare
from geogrid_maps.cli_options import view_options
from geogrid_maps.cli_output import write_page
from geogrid_maps.explorer import draw_explorer
from geogrid_maps.explorer_print import print_explorer
from geogrid_maps.findings import findings_file
from geogrid_maps.heatmap import draw_heatmap
from geogrid_maps.heatmap_print import print_heatmap
from geogrid_maps.timeline_map import draw_timeline
from geogrid_maps.timeline_print import print_timeline

if TYPE_CHECKING:
    from geogrid_maps.cli_options import MapOptions
    from geogrid_maps.cli_output import MapOutput


@click.group("map")
def map_group() -> None:
    """Write maps to files. 地图。

    OUT is one HTML file that opens from disk with no network, or by the ending .pdf or .png a sheet to print,
    landscape, with legend, scale bar and sources.
    """


for command in (compare, density_command, hotspots, rates):
    map_group.add_command(command)


@map_group.command()
@view_options
def heatmap(target: MapOutput, sight: MapOptions) -> None:
    """Write the heat map to OUT. 热力图。

    With --as-of or --generation it draws the layers of one generation and counts all incidents by them, which
    "geogrid reassign" must have restated.

    \b
    geogrid map heatmap heat.html
    geogrid map heatmap bikes.html --from 2022-05-01 --to 2022-05-31 --category Z06 --lang en
    geogrid map heatmap vendors.html --category Z02 --weekday 5 --hours 18-22
    geogrid map heatmap wall.pdf --paper a3
    """  # noqa: D301 - \b is click's mark for "as it stands"
    with open_store() as store:
        backdrop, chosen = sight.open(store)
        found = density(store, chosen)
    shown = backdrop, found, sight.view, load_categories()
    target.write(partial(draw_heatmap, *shown), partial(print_heatmap, *shown))


@map_group.command()
@click.option(
    "--step",
    type=click.Choice([step.value for step in TimeStep]),
    default=TimeStep.WEEK.value,
    show_default=True,
    help="Of a picture.",
)
@view_options
def timeline(target: MapOutput, sight: MapOptions, step: str) -> None:
    """Write the timeline to OUT: heat picture by picture, on a sheet side by side. 时序图。

    \b
    geogrid map timeline weeks.html --from 2022-01-01 --to 2022-06-30
    geogrid map timeline months.pdf --step month --paper a3
    geogrid map timeline clock.html --step hour --category Z02 --lang en
    """  # noqa: D301 - \b is click's mark for "as it stands"
    view = replace(sight.view, step=TimeStep(step))
    with open_store() as store:
        backdrop, chosen = sight.open(store)
        found = playback(store, chosen, view.step)
    shown = backdrop, found, view, load_categories()
    target.write(partial(draw_timeline, *shown), partial(print_timeline, *shown))


@map_group.command()
@view_options
def explorer(target: MapOutput, sight: MapOptions) -> None:
    """Write the layers to OUT, as a page to be searched and clicked. 网格浏览。

    \b
    geogrid map explorer grids.html
    geogrid map explorer street.pdf --street 140213050 --paper a3
    """  # noqa: D301 - \b is click's mark for "as it stands"
    with open_store() as store:
        backdrop, chosen = sight.open(store)
        found, counts = count_by_grid(store, chosen)
    categories = load_categories()
    target.write(
        partial(draw_explorer, backdrop, found, counts, sight.view, categories),
        partial(print_explorer, backdrop, sight.view, categories),
    )


@map_group.command()
@click.argument("sources", nargs=-1, required=True, metavar="DIRECTORY | LAYER=FILE...")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--lang", type=click.Choice([language.value for language in Language]), default="zh", show_default=True)
@base_option
@title_option
@file_options
def findings(sources: tuple[str, ...], out: Path, lang: str, base: int | None, **reading: Any) -> None:  # noqa: ANN401 - click's
    """Check layer files and write a map of what is wrong to OUT. 拓扑检查地图。

    One HTML file that opens from disk with no network; see "geogrid layers check" for what is looked for.

    \b
    geogrid map findings new-layers findings.html
    geogrid map findings urban=网格.zip findings.html --datum cgcs2000

    Exit status 1 if there are errors.
    """  # noqa: D301 - \b is click's mark for "as it stands"
    whole = whole_layers(sources, base, reading)
    found = whole.check()
    write_page(out, *findings_file(found, whole.layers, Language(lang)))
    sys.exit(has_errors(found))
