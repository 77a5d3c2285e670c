"""Query parameters and counts of maps, shared by pages, prints and table files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query

from geogrid.constants import Language
from geogrid.local_time import parse_timestamp
from geogrid.services.area_figures import areal_table
from geogrid.services.figure_tables import FOLDED, By, Earlier, figure_table
from geogrid.services.figures import newest_day
from geogrid.services.layers import list_versions
from geogrid.stats.animation import TimeStep
from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.class_breaks import Method
from geogrid.stats.measures import Measure
from geogrid.stats.periods import period_before
from geogrid_api.authentication import MapViewerDep
from geogrid_api.dependencies import Day, HouseDep, SnapshotDep, ViewDep
from geogrid_maps.figures_page import FiguresData
from geogrid_maps.map_data import MapSelection
from geogrid_maps.map_query import Show, View, days_of
from geogrid_maps.page_context import PageContext
from geogrid_maps.ui_texts import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from geogrid.model import Category
    from geogrid.services.animation import Playback
    from geogrid.services.figures import Density, Kpi
    from geogrid.stats.area_table import AreaQuestion, AreaTable
    from geogrid_api.snapshots import Snapshot

    Categories = Mapping[str, Category]

_OtherDay = Annotated[
    Day | None, Query(description="Comparison: day of the other period; by default the preceding period.")
]
_OtherMoment = Annotated[
    str | None,
    Query(
        max_length=40,
        description="Comparison: use the generation active at this time for the other side.",
        examples=["2022-03-01"],
    ),
]


class MapRequest:
    """Query parameters of all maps, and their counts of incidents, see `geogrid_maps.map_data.MapFigures`.

    Each map accepts the parameters of the others and keeps them in its links. It counts the incidents within the bounds
    of the user; for anonymous users disclosure control applies.
    """

    def __init__(
        self,
        house: HouseDep,
        current: SnapshotDep,
        view: ViewDep,
        viewer: MapViewerDep,
        step: Annotated[TimeStep, Query(description="Timeline: time step.")] = TimeStep.WEEK,
        from2: _OtherDay = None,
        to2: _OtherDay = None,
        as_of2: _OtherMoment = None,
        show: Annotated[Show, Query(description="Comparison: side by side, or difference.")] = Show.SIDES,
        by: Annotated[AreaLevel, Query(description="Maps by area: level of the areas.")] = AreaLevel.GRID,
        measure: Annotated[Measure, Query(description="Maps by area: measure.")] = Measure.PER_KM2,
        rows: Annotated[By, Query(description="Table of figures: grouping of the rows.")] = By.STREET,
        classes: Annotated[Method, Query(description="Maps by area: classification.")] = Method.QUANTILES,
        lang: Language = Language.ZH,
        *,
        save: Annotated[bool, Query(description="Pages: download as one file that works offline.")] = False,
    ) -> None:
        self.house = house
        self.save = save
        self.view = replace(
            view,
            step=step,
            other_first=from2,
            other_last=to2,
            other_as_of=parse_timestamp(as_of2) if as_of2 else None,
            show=show,
            by=by,
            measure=measure,
            rows=rows if rows in ROWS else By.STREET,
            # Pages have no field for fixed class bounds.
            classes=Method.QUANTILES if classes is Method.FIXED else classes,
            language=lang,
        )
        self._current: Snapshot = current
        self._within = viewer.bounds if viewer else None
        self._coarse = viewer is None
        self._user = viewer.name if viewer else ""

    @property
    def categories(self) -> Categories:
        """Categories by code."""
        return self.house.rules.categories

    def context(self) -> PageContext:
        """Return the state of the service that pages show."""
        return PageContext(self.newest_day(), list_versions(self.house.store), self._user)

    def newest_day(self) -> date | None:
        """Return the day of the newest incident."""
        return newest_day(self.house.store)

    def snapshot(self, view: View) -> Snapshot:
        """Return the generation that a view draws."""
        return self.house.snapshots.at(view.as_of) if view.as_of else self._current

    def select(self, view: View) -> MapSelection:
        """Return the incidents of a view within the bounds of the user. Offline files have no base map."""
        snapshot = self.snapshot(view)
        query = view.filter(snapshot.generation.id if view.as_of else None)
        shapes = snapshot.pages.plain if self.save else snapshot.pages.backdrop
        return MapSelection(shapes, view, replace(query, within=self._within))

    def density(self, selection: MapSelection) -> Density:
        """Return the heat cells of the incidents."""
        return self.house.overview.density(selection.query, coarse=self._coarse)

    def playback(self, selection: MapSelection) -> Playback:
        """Return the heat cells of each time step of the view."""
        return self.house.overview.playback(selection.query, selection.view.step, coarse=self._coarse)

    def count_by_grid(self, selection: MapSelection) -> tuple[Kpi, Mapping[str, int]]:
        """Return the key figures, and the number of incidents by grid code."""
        return self.house.overview.count_by_grid(selection.query)

    def area_table(self, selection: MapSelection, question: AreaQuestion) -> AreaTable:
        """Return the figures by area."""
        return areal_table(
            self.house.store,
            self.house.formulas,
            selection.shapes.areas,
            selection.query,
            (selection.view.first, selection.view.last),
            question,
            coarse=self._coarse,
            overview=self.house.overview,
        )

    def received_before(self, view: View) -> int | None:
        """Return the number of incidents of the preceding period, or None for a view without a period."""
        if view.first is None or view.last is None:
            return None
        first, last = period_before(view.first, view.last)
        kpi, _ = self.count_by_grid(self.select(replace(view, first=first, last=last)))
        return kpi.received

    def figures(self) -> FiguresData:
        """Return the table of figures, which compares the period with the preceding one."""
        house = self.house
        days = days_of(self.view, self.newest_day())
        selection = self.select(replace(self.view, first=days[0], last=days[1]))
        view = selection.view
        compare = [] if view.rows in FOLDED else [Earlier.BEFORE]
        table = figure_table(house.store, house.formulas, selection.query, days, by=view.rows, compare=compare)
        return FiguresData(selection.shapes, view, self.categories, table, house.formulas)


MapDep = Annotated[MapRequest, Depends()]
