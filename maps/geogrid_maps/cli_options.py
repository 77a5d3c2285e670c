"""The options that all commands of ``geogrid map`` share."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geogrid.cli.filter_options import filter_options
from geogrid.cli.generation_options import generation_options, select_generation
from geogrid.constants import Language
from geogrid.services.counting_basis import CountingBasis, find_basis
from geogrid.services.filter_value_check import check_values
from geogrid.services.layer_generations import load_generation, load_layers, load_themes
from geogrid.services.rule_versions import load_active_rules
from geogrid_maps.cli_output import MapOutput
from geogrid_maps.district_shapes import prepare_shapes
from geogrid_maps.map_query import View
from geogrid_maps.prints import Paper

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.incidents.query import FilterValues, IncidentQuery
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
        """Return the district to draw, unless it is given, and the query of incidents.

        Raises
        ------
        QueryError
            If a filter has a value that does not exist.
        """
        check_values(store, load_active_rules(store), self.view)
        generation = select_generation(store, self.as_of, self.number)
        if backdrop is None:
            shown, layers = load_generation(store, generation.id) if generation else load_layers(store)
            backdrop = prepare_shapes(shown, layers, themes=load_themes(store, shown.id))
        basis = CountingBasis(generation.id) if generation else find_basis(store, backdrop.generation.id)
        return replace(backdrop, gap=basis.gap), self.view.filter(basis.generation)


def view_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument OUT and all filters to a command, passed as a `MapOutput` and a `MapOptions`."""

    @functools.wraps(command)
    def called(
        *,
        values: FilterValues,
        lang: str,
        as_of: str | None,
        number: int | None,
        out: Path,
        paper: str,
        **more: Any,  # noqa: ANN401 - the command's own
    ) -> None:
        view = View(**values.as_dict(), language=Language(lang))
        command(MapOutput(out, Paper(paper)), MapOptions(view, as_of, number), **more)

    options = (
        click.argument("out", type=click.Path(dir_okay=False, path_type=Path)),
        filter_options,
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
        generation_options,
    )
    for option in reversed(options):
        called = option(called)
    return called
