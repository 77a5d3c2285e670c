"""Counts of incidents for the commands of ``geogrid map``, read from a store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geogrid.incidents.rule_set import load_rules
from geogrid.local_time import format_timestamp
from geogrid.services.area_figures import build_area_table
from geogrid.services.incident_animation import build_animation
from geogrid.services.key_figures import count_by_grid, get_newest_day, read_density
from geogrid_maps.map_data import MapSelection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.services.incident_animation import IncidentAnimation
    from geogrid.services.key_figures import Density, Kpi
    from geogrid.stats.area_table_model import AreaQuery, AreaTable
    from geogrid.store.database import Store
    from geogrid_maps.cli_options import MapOptions
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View


class StoreFigures:
    """Counts of incidents in a store, see `geogrid_maps.map_data.MapFigures`.

    Parameters
    ----------
    store
        The store.
    options
        The options of the command, which choose the generation.
    """

    def __init__(self, store: Store, options: MapOptions) -> None:
        self._store = store
        self._options = options
        self._shapes: dict[tuple[str | None, int | None], DistrictShapes] = {}
        self.rules: RuleSet = load_rules()

    def newest_day(self) -> date | None:
        """Return the day of the newest incident."""
        return get_newest_day(self._store)

    def select(self, view: View) -> MapSelection:
        """Return the incidents and the layers of a view; `View.as_of` takes precedence over the options."""
        options = replace(self._options, view=view)
        if view.as_of:
            options = replace(options, as_of=format_timestamp(view.as_of), number=None)
        generation = (options.as_of, options.number)
        shapes, query = options.open(self._store, self._shapes.get(generation))
        self._shapes[generation] = shapes
        return MapSelection(shapes, view, query)

    def density(self, selection: MapSelection) -> Density:
        """Return the number of incidents by raster cell, for heat maps."""
        return read_density(self._store, selection.query)

    def animation(self, selection: MapSelection) -> IncidentAnimation:
        """Return the number of incidents by raster cell for each time step of the view."""
        return build_animation(self._store, selection.query, selection.view.step)

    def count_by_grid(self, selection: MapSelection) -> tuple[Kpi, Mapping[str, int]]:
        """Return the key figures, and the number of incidents by grid code."""
        return count_by_grid(self._store, selection.query)

    def area_table(self, selection: MapSelection, question: AreaQuery) -> AreaTable:
        """Return the figures by area."""
        view = selection.view
        areas = selection.shapes.areas
        return build_area_table(
            self._store, self.rules.formulas, areas, selection.query, (view.first, view.last), question
        )
