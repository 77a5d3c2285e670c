"""``geogrid map``."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from geogrid.cli.columns import base_option, file_options, title_option, whole_layers
from geogrid.cli.common import open_store, writing
from geogrid.incidents.categories import load_categories
from geogrid.incidents.filters import parse_moment
from geogrid.layers.topology import has_errors
from geogrid.services.figures import count_by_grid, density, newest_day
from geogrid.services.playback import playback
from geogrid.stats.playback import Step
from geogrid_maps.cli_areal import density as density_command
from geogrid_maps.cli_areal import hotspots, rates
from geogrid_maps.cli_options import DAY, view_options
from geogrid_maps.cli_writing import write_page
from geogrid_maps.compare import draw_compare
from geogrid_maps.explorer import draw_explorer
from geogrid_maps.findings import findings_file
from geogrid_maps.frame import as_file
from geogrid_maps.heatmap import draw_heatmap
from geogrid_maps.playback import draw_timeline
from geogrid_maps.view import Language, compared

if TYPE_CHECKING:
    from geogrid.services.figures import Density
    from geogrid_maps.backdrop import Backdrop
    from geogrid_maps.cli_options import Sight
    from geogrid_maps.view import View

_SHEETS: Final = {".pdf", ".png"}


@click.group("map")
def map_group() -> None:
    """Write maps to files. 地图。"""


for command in (density_command, hotspots, rates):
    map_group.add_command(command)


@map_group.command()
@click.option("--paper", type=click.Choice(["a4", "a3"]), default="a4", show_default=True, help="Of a PDF or PNG.")
@view_options
def heatmap(out: Path, sight: Sight, paper: str) -> None:
    """Write the heat map to OUT: one HTML file that opens from disk with no network, or a sheet to print. 热力图。

    An OUT that ends in .pdf or .png is a sheet, landscape, with legend, scale bar and sources.

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
    if out.suffix.lower() in _SHEETS:
        _write_sheet(out, backdrop, found, sight.view, paper)
    else:
        write_page(out, *as_file(draw_heatmap(backdrop, found, sight.view, load_categories())))


@map_group.command()
@click.option(
    "--from2", "other_first", type=DAY, help="The first day compared with; by default the period just before."
)
@click.option("--to2", "other_last", type=DAY, help="The last day compared with.")
@click.option("--as-of2", metavar="MOMENT", help="Draw and count the other side by the layers in force then.")
@view_options
def compare(
    out: Path, sight: Sight, other_first: datetime | None, other_last: datetime | None, as_of2: str | None
) -> None:
    """Write two periods side by side to OUT, one HTML file that opens from disk with no network. 两期对比。

    \b
    geogrid map compare june.html --from 2022-06-01 --to 2022-06-30
    geogrid map compare spring.html --from 2022-04-01 --to 2022-06-30 --from2 2022-01-01 --to2 2022-03-31
    """  # noqa: D301 - \b is click's mark for "as it stands"
    asked = replace(
        sight.view,
        other_first=other_first.date() if other_first else None,
        other_last=other_last.date() if other_last else None,
        other_as_of=parse_moment(as_of2) if as_of2 else None,
    )
    with open_store() as store:
        before, later = compared(asked, newest_day(store))
        backdrop, chosen = replace(sight, view=later).open(store)
        other, others = (
            (backdrop, replace(sight, view=before).open(store)[1])
            if as_of2 is None
            else replace(sight, view=before, as_of=as_of2, number=None).open(store)
        )
        found = density(store, others), density(store, chosen)
    drawing = draw_compare((other, backdrop), found, (before, later), load_categories())
    write_page(out, *as_file(drawing))


@map_group.command()
@click.option(
    "--step",
    type=click.Choice([step.value for step in Step]),
    default=Step.WEEK.value,
    show_default=True,
    help="Of a picture.",
)
@view_options
def timeline(out: Path, sight: Sight, step: str) -> None:
    """Write the timeline to OUT: heat picture by picture, one HTML file that opens from disk with no network. 时序图。

    \b
    geogrid map timeline weeks.html --from 2022-01-01 --to 2022-06-30
    geogrid map timeline clock.html --step hour --category Z02 --lang en
    """  # noqa: D301 - \b is click's mark for "as it stands"
    view = replace(sight.view, step=Step(step))
    with open_store() as store:
        backdrop, chosen = sight.open(store)
        found = playback(store, chosen, view.step)
    write_page(out, *as_file(draw_timeline(backdrop, found, view, load_categories())))


@map_group.command()
@view_options
def explorer(out: Path, sight: Sight) -> None:
    """Write the layers to OUT, one HTML file that needs no network, to be searched and clicked. 网格浏览。

    \b
    geogrid map explorer grids.html
    """  # noqa: D301 - \b is click's mark for "as it stands"
    with open_store() as store:
        backdrop, chosen = sight.open(store)
        found, counts = count_by_grid(store, chosen)
    write_page(out, *as_file(draw_explorer(backdrop, found, counts, sight.view, load_categories())))


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


def _write_sheet(out: Path, backdrop: Backdrop, found: Density, view: View, paper: str) -> None:
    # matplotlib takes its time to load, and pages do without it.
    from geogrid_maps.heatmap_sheet import heatmap_sheet  # noqa: PLC0415
    from geogrid_maps.sheet import Paper, sheet_pdf, sheet_png  # noqa: PLC0415

    sheet = heatmap_sheet(backdrop, found, view, load_categories(), paper=Paper(paper), printed=datetime.now(UTC))
    content = sheet_pdf(sheet) if out.suffix.lower() == ".pdf" else sheet_png(sheet)
    with writing(out):
        out.write_bytes(content)
    click.echo(f"{out}: {len(content) / 1e6:.1f} MB")
