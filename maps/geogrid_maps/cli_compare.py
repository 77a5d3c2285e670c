"""``geogrid map compare``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import open_store
from geogrid.local_time import parse_timestamp
from geogrid.rules.categories import load_categories
from geogrid.rules.formulas import load_formulas
from geogrid.services.area_figures import areal_table
from geogrid.services.figures import density, kpi, newest_day
from geogrid.stats.area_sets import AreaLevel
from geogrid_maps.cli_options import DAY, view_options
from geogrid_maps.compare import draw_compare
from geogrid_maps.compare_print import print_difference, print_sides
from geogrid_maps.difference import difference_question, draw_difference
from geogrid_maps.map_query import Show, compared

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.store.database import Store
    from geogrid_maps.cli_options import MapOptions
    from geogrid_maps.cli_output import MapOutput


@click.command()
@click.option(
    "--from2", "other_first", type=DAY, help="The first day compared with; by default the period just before."
)
@click.option("--to2", "other_last", type=DAY, help="The last day compared with.")
@click.option("--as-of2", metavar="MOMENT", help="Draw and count the other side by the layers in force then.")
@click.option("--show", type=click.Choice([show.value for show in Show]), default="sides", show_default=True)
@click.option(
    "--by",
    type=click.Choice([by.value for by in AreaLevel]),
    default="grid",
    show_default=True,
    help="Of their difference.",
)
@view_options
def compare(
    target: MapOutput,
    sight: MapOptions,
    other_first: datetime | None,
    other_last: datetime | None,
    as_of2: str | None,
    show: str,
    by: str,
) -> None:
    """Write two periods side by side, or how they differ, to OUT. 两期对比。

    \b
    geogrid map compare june.html --from 2022-06-01 --to 2022-06-30
    geogrid map compare spring.html --from 2022-04-01 --to 2022-06-30 --from2 2022-01-01 --to2 2022-03-31
    geogrid map compare change.pdf --show difference --by community
    """  # noqa: D301 - \b is click's mark for "as it stands"
    asked = replace(
        sight.view,
        other_first=other_first.date() if other_first else None,
        other_last=other_last.date() if other_last else None,
        other_as_of=parse_timestamp(as_of2) if as_of2 else None,
        by=AreaLevel(by),
    )
    with open_store() as store:
        before, later = (replace(sight, view=view) for view in compared(asked, newest_day(store)))
        if as_of2:
            before = replace(before, as_of=as_of2, number=None)
        write = _write_difference if show == Show.DIFFERENCE else _write_sides
        write(target, store, before, later)


def _write_sides(target: MapOutput, store: Store, before: MapOptions, later: MapOptions) -> None:
    backdrop, chosen = later.open(store)
    other, others = before.open(store, backdrop if before.same_layers(later) else None)
    found = (
        (other, backdrop),
        (density(store, others), density(store, chosen)),
        (before.view, later.view),
        load_categories(),
    )
    target.write(partial(draw_compare, *found), partial(print_sides, *found))


def _write_difference(target: MapOutput, store: Store, before: MapOptions, later: MapOptions) -> None:
    backdrop, chosen = later.open(store)
    other, others = before.open(store, backdrop if before.same_layers(later) else None)
    asked = difference_question(later.view)
    earlier, present = (
        areal_table(store, load_formulas(), shown.areas, which, (view.first, view.last), asked)
        for shown, which, view in ((other, others, before.view), (backdrop, chosen, later.view))
    )
    views, tables, categories = (before.view, later.view), (earlier, present), load_categories()
    target.write(
        partial(draw_difference, backdrop, kpi(store, chosen), tables, views, categories),
        partial(print_difference, backdrop, tables, views, categories),
    )
