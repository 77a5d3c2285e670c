"""``geogrid map density``, ``hotspots`` and ``rates``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import open_store
from geogrid.rules.categories import load_categories
from geogrid.rules.formulas import load_formulas
from geogrid.services.area_figures import areal_table
from geogrid.services.figures import kpi
from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.class_breaks import Method
from geogrid.stats.measures import Measure
from geogrid_maps.area_map import DENSITY, HOTSPOTS, RATES
from geogrid_maps.area_print import print_areas
from geogrid_maps.cli_options import view_options
from geogrid_maps.ui_texts import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geogrid_maps.area_map import AreaMap
    from geogrid_maps.cli_options import MapOptions
    from geogrid_maps.cli_output import MapOutput


def _measure(measures: Sequence[Measure]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    names = [measure.value for measure in measures]
    return click.option("--measure", type=click.Choice(names), default=names[0], show_default=True)


_BY = click.option("--by", type=click.Choice([by.value for by in AreaLevel]), default="grid", show_default=True)
_CLASSES = click.option(
    "--classes", type=click.Choice([method.value for method in METHODS]), default="quantiles", show_default=True
)


@click.command()
@_measure(DENSITY.measures)
@_BY
@_CLASSES
@view_options
def density(target: MapOutput, sight: MapOptions, measure: str, by: str, classes: str) -> None:
    """Write to OUT how much there is in each grid, community or street. 分区密度图。

    \b
    geogrid map density density.html --from 2022-01-01 --to 2022-06-30
    geogrid map density vendors.html --category Z02 --weekday 5 --hours 18-22 --by community --lang en
    """  # noqa: D301 - \b is click's mark for "as it stands"
    view = replace(sight.view, measure=Measure(measure), by=AreaLevel(by), classes=Method(classes))
    _write(DENSITY, target, replace(sight, view=view))


@click.command()
@_measure(HOTSPOTS.measures)
@view_options
def hotspots(target: MapOutput, sight: MapOptions, measure: str) -> None:
    """Write to OUT which grids have more or less than chance would give them. 冷热点图。

    \b
    geogrid map hotspots hot.html --from 2022-01-01 --to 2022-06-30
    """  # noqa: D301 - \b is click's mark for "as it stands"
    view = replace(sight.view, measure=Measure(measure))
    _write(HOTSPOTS, target, replace(sight, view=view))


@click.command()
@_measure(RATES.measures)
@_BY
@_CLASSES
@view_options
def rates(target: MapOutput, sight: MapOptions, measure: str, by: str, classes: str) -> None:
    """Write smoothed rates by area to OUT. 分区比率图。

    \b
    geogrid map rates late.html --measure overdue_share --by street
    """  # noqa: D301 - \b is click's mark for "as it stands"
    view = replace(sight.view, measure=Measure(measure), by=AreaLevel(by), classes=Method(classes))
    _write(RATES, target, replace(sight, view=view))


def _write(areal: AreaMap, target: MapOutput, sight: MapOptions) -> None:
    view = sight.view
    with open_store() as store:
        backdrop, chosen = sight.open(store)
        table = areal_table(
            store, load_formulas(), backdrop.areas, chosen, (view.first, view.last), areal.question(view)
        )
        figures = kpi(store, chosen)
    shown = backdrop, figures, table, view, load_categories()
    target.write(partial(areal.draw, *shown), partial(print_areas, areal.kind, *shown))
