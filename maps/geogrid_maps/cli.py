"""``geogrid map``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geogrid.cli.columns import base_option, file_options, title_option, whole_layers
from geogrid.cli.common import open_store, writing
from geogrid.cli.counting import counted_by, layers_options
from geogrid.incidents.categories import load_categories
from geogrid.layers.topology import has_errors
from geogrid.model import GRID_LAYERS, Layer
from geogrid.services.figures import density
from geogrid.services.layers import load_generation, load_layers
from geogrid_maps.backdrop import prepare
from geogrid_maps.findings import findings_file
from geogrid_maps.frame import as_file
from geogrid_maps.heatmap import draw_heatmap
from geogrid_maps.view import Language, View

if TYPE_CHECKING:
    from datetime import datetime

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("map")
def map_group() -> None:
    """Write maps to files. 地图。"""


@map_group.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--from", "first", type=_DAY, help="The first day.")
@click.option("--to", "last", type=_DAY, help="The last day, which counts.")
@click.option("--category", type=click.Choice(list(load_categories())), help="A code of the list of categories.")
@click.option("--layer", type=click.Choice([layer.value for layer in GRID_LAYERS]), help="Only in these grids.")
@click.option("--lang", type=click.Choice([language.value for language in Language]), default="zh", show_default=True)
@layers_options
def heatmap(
    out: Path,
    first: datetime | None,
    last: datetime | None,
    category: str | None,
    layer: str | None,
    lang: str,
    as_of: str | None,
    number: int | None,
) -> None:
    """Write the heat map to OUT, one HTML file that opens from disk with no network. 热力图。

    With --as-of or --generation it draws the layers of one generation and counts all incidents by them, which
    "geogrid reassign" must have restated.

    \b
    geogrid map heatmap heat.html
    geogrid map heatmap bikes.html --from 2022-05-01 --to 2022-05-31 --category Z06 --lang en
    """  # noqa: D301 - \b is click's mark for "as it stands"
    view = View(
        first=first.date() if first else None,
        last=last.date() if last else None,
        category=category,
        layer=Layer(layer) if layer else None,
        language=Language(lang),
    )
    with open_store() as store:
        generation = counted_by(store, as_of, number)
        backdrop = prepare(*(load_generation(store, generation.id) if generation else load_layers(store)))
        found = density(store, view.filter(generation.id if generation else None))
        html, outside = as_file(draw_heatmap(backdrop, found, view, load_categories()))
    _write(out, html, outside)


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
    _write(out, *findings_file(found, whole.layers, Language(lang)))
    sys.exit(has_errors(found))


def _write(out: Path, html: str, outside: list[str]) -> None:
    with writing(out):
        out.write_text(html, encoding="utf-8")
    for address in outside:
        click.echo(f"Not in the file, loaded from outside 未内嵌: {address}", err=True)
    click.echo(f"{out}: {len(html.encode()) / 1e6:.1f} MB")
