"""What all commands of ``geogrid map`` are asked for."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geogrid.cli.counting import counted_by, layers_options
from geogrid.constants import Language
from geogrid.errors import QueryError
from geogrid.incidents.query import Standing, parse_hours
from geogrid.model import GRID_LAYERS, IncidentSource, Layer
from geogrid.rules.categories import load_categories
from geogrid.services.layers import load_generation, load_layers, load_themes
from geogrid_maps.cli_output import MapOutput
from geogrid_maps.district_shapes import prepare_shapes
from geogrid_maps.map_query import View
from geogrid_maps.prints import Paper

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from geogrid.incidents.query import HourRange, IncidentQuery
    from geogrid.store.database import Store
    from geogrid_maps.district_shapes import DistrictShapes

#: A day, as options take it.
DAY = click.DateTime(["%Y-%m-%d"])


@dataclass(frozen=True, slots=True)
class MapOptions:
    """What a map is to show.

    Attributes
    ----------
    view
        The filters and the language.
    as_of, number
        Of the generation that all is counted by, a moment or its number.
    """

    view: View
    as_of: str | None
    number: int | None

    def open(self, store: Store, backdrop: DistrictShapes | None = None) -> tuple[DistrictShapes, IncidentQuery]:
        """Return the district as it is to be drawn, unless it is given, and which incidents are meant."""
        generation = counted_by(store, self.as_of, self.number)
        if backdrop is None:
            shown, layers = load_generation(store, generation.id) if generation else load_layers(store)
            backdrop = prepare_shapes(shown, layers, themes=load_themes(store, shown.id))
        return backdrop, self.view.filter(generation.id if generation else None)

    def same_layers(self, other: MapOptions) -> bool:
        """Tell whether another is counted by the same layers."""
        return (self.as_of, self.number) == (other.as_of, other.number)


def view_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument OUT and all filters to a command, passed as a `MapOutput` and a `MapOptions`."""

    @functools.wraps(command)
    def called(
        *,
        first: datetime | None,
        last: datetime | None,
        layer: str | None,
        status: str | None,
        source: str | None,
        hours: str | None,
        lang: str,
        as_of: str | None,
        number: int | None,
        out: Path,
        paper: str,
        **more: Any,  # noqa: ANN401 - the command's own
    ) -> None:
        view = View(
            first=first.date() if first else None,
            last=last.date() if last else None,
            layer=Layer(layer) if layer else None,
            status=Standing(status) if status else None,
            source=IncidentSource(source) if source else None,
            hours=_hours(hours) if hours else None,
            language=Language(lang),
            **{name: more.pop(name) for name in ("category", "street", "community", "weekday")},
        )
        command(MapOutput(out, Paper(paper)), MapOptions(view, as_of, number), **more)

    options = (
        click.argument("out", type=click.Path(dir_okay=False, path_type=Path)),
        click.option("--from", "first", type=DAY, help="The first day."),
        click.option("--to", "last", type=DAY, help="The last day, which counts."),
        click.option("--category", type=click.Choice(list(load_categories())), help="A code of the categories."),
        click.option("--status", type=click.Choice([standing.value for standing in Standing]), help="Where it stands."),
        click.option(
            "--source", type=click.Choice([source.value for source in IncidentSource]), help="Who reported it."
        ),
        click.option("--layer", type=click.Choice([layer.value for layer in GRID_LAYERS]), help="Only in these grids."),
        click.option("--street", help="The code of a street."),
        click.option("--community", help="The code of a community or village."),
        click.option("--weekday", type=click.IntRange(1, 7), help="1 Monday to 7 Sunday."),
        click.option("--hours", help="From the first to the end of the last, such as 18-22; 22-5 passes midnight."),
        click.option(
            "--lang", type=click.Choice([language.value for language in Language]), default="zh", show_default=True
        ),
        click.option(
            "--paper",
            type=click.Choice([paper.value for paper in Paper]),
            default=Paper.A4.value,
            show_default=True,
            help="Of a PDF or PNG.",
        ),
        layers_options,
    )
    for option in reversed(options):
        called = option(called)
    return called


def _hours(text: str) -> HourRange:
    try:
        return parse_hours(text)
    except (QueryError, ValueError) as error:
        raise click.BadParameter("Write it like 18-22, from 0 to 23.", param_hint="--hours") from error
