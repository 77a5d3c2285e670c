"""Query parameters and data of maps, shared by pages, prints and table files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query

from geogrid.constants import Language
from geogrid.local_time import parse_timestamp
from geogrid.services.area_figures import build_area_table
from geogrid.services.figure_tables import DAY_GROUPINGS, ComparisonPeriod, TableGrouping, build_figure_table
from geogrid.services.figures import get_newest_day
from geogrid.services.layers import list_versions
from geogrid.stats.animation import TimeStep
from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.class_breaks import ClassMethod
from geogrid.stats.measures import Measure
from geogrid.stats.periods import period_before
from geogrid_api.app_state import SnapshotDep, StateDep
from geogrid_api.authentication import MapViewerDep
from geogrid_api.dependencies import Day, FilterValuesDep
from geogrid_maps.difference import difference_question
from geogrid_maps.map_query import Show, View, compared, days_of
from geogrid_maps.page_context import PageContext
from geogrid_maps.ui_texts import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model import Category
    from geogrid.rules.formulas import Formulas
    from geogrid.services.animation import IncidentAnimation
    from geogrid.services.figure_tables import FigureTable
    from geogrid.services.figures import Density, Kpi
    from geogrid.stats.area_table import AreaQuery, AreaTable
    from geogrid_api.snapshots import Snapshot
    from geogrid_maps.district_shapes import DistrictShapes

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


@dataclass(frozen=True, slots=True)
class MapSelection:
    """Selection that a map shows: view, incident filter within the viewer's bounds, and generation."""

    view: View
    query: IncidentQuery
    snapshot: Snapshot
    for_file: bool

    @property
    def backdrop(self) -> DistrictShapes:
        """Layers to draw; saved files have no base map."""
        page_data = self.snapshot.page_data
        return page_data.plain if self.for_file else page_data.backdrop


class MapRequest:
    """Query parameters of all maps. Each map accepts the parameters of the others and keeps them in its links.

    The methods return the arguments of the drawing functions in `geogrid_maps`. They count incidents within the bounds
    of the viewer; anonymous viewers get coarse cells.
    """

    def __init__(
        self,
        state: StateDep,
        current: SnapshotDep,
        values: FilterValuesDep,
        viewer: MapViewerDep,
        step: Annotated[TimeStep, Query(description="Timeline: length of a frame.")] = TimeStep.WEEK,
        from2: _OtherDay = None,
        to2: _OtherDay = None,
        as_of2: _OtherMoment = None,
        show: Annotated[Show, Query(description="Comparison: side by side, or difference.")] = Show.SIDES,
        by: Annotated[AreaLevel, Query(description="Maps by area: level of the areas.")] = AreaLevel.GRID,
        measure: Annotated[Measure, Query(description="Maps by area: measure.")] = Measure.PER_KM2,
        rows: Annotated[
            TableGrouping, Query(description="Table of figures: grouping of the rows.")
        ] = TableGrouping.STREET,
        classes: Annotated[ClassMethod, Query(description="Maps by area: classification.")] = ClassMethod.QUANTILES,
        lang: Language = Language.ZH,
        *,
        save: Annotated[bool, Query(description="Pages: download as one file that works offline.")] = False,
    ) -> None:
        self.state = state
        self.view = View(
            **values.as_dict(),
            step=step,
            other_first=from2,
            other_last=to2,
            other_as_of=parse_timestamp(as_of2) if as_of2 else None,
            show=show,
            by=by,
            measure=measure,
            rows=rows if rows in ROWS else TableGrouping.STREET,
            # Pages have no field for fixed class bounds.
            classes=ClassMethod.QUANTILES if classes is ClassMethod.FIXED else classes,
            language=lang,
        )
        self.save = save
        self._current: Snapshot = current
        self._within = viewer.bounds if viewer else None
        self._coarse = viewer is None
        self._viewer_name = viewer.name if viewer else ""

    @property
    def categories(self) -> Categories:
        """Categories by code."""
        return self.state.rules.categories

    def select(self, view: View | None = None) -> MapSelection:
        """Return the selection of a view, by default of the requested one."""
        view = view or self.view
        snapshot = self.state.snapshots.at(view.as_of) if view.as_of else self._current
        query = view.filter(snapshot.generation.id if view.as_of else None)
        return MapSelection(view, replace(query, within=self._within), snapshot, self.save)

    def heatmap(self) -> tuple[DistrictShapes, Density, View, Categories]:
        """Return the arguments of the heat map."""
        selection = self.select()
        return selection.backdrop, self._density(selection), selection.view, self.categories

    def timeline(self) -> tuple[DistrictShapes, IncidentAnimation, View, Categories]:
        """Return the arguments of the timeline."""
        selection = self.select()
        playback = self.state.incident_cache.build_animation(selection.query, selection.view.step, coarse=self._coarse)
        return selection.backdrop, playback, selection.view, self.categories

    def explorer(self) -> tuple[DistrictShapes, Kpi, Mapping[str, int], View, Categories]:
        """Return the arguments of the explorer."""
        selection = self.select()
        kpi, by_grid = self.state.incident_cache.count_by_grid(selection.query)
        return selection.backdrop, kpi, by_grid, selection.view, self.categories

    def figures(self) -> tuple[DistrictShapes, FigureTable, Formulas, View, Categories]:
        """Return the arguments of the table of figures, which compares the period with the preceding one."""
        state = self.state
        first, last = days_of(self.view, get_newest_day(state.store))
        selection = self.select(replace(self.view, first=first, last=last))
        view, days = selection.view, (first, last)
        compare = [] if view.rows in DAY_GROUPINGS else [ComparisonPeriod.BEFORE]
        table = build_figure_table(state.store, state.formulas, selection.query, days, by=view.rows, compare=compare)
        return selection.backdrop, table, state.formulas, view, self.categories

    def before(self, view: View) -> int | None:
        """Return the number of incidents in the preceding period, or None for a view without a period."""
        if view.first is None or view.last is None:
            return None
        first, last = period_before(view.first, view.last)
        kpi, _ = self.state.incident_cache.count_by_grid(self.select(replace(view, first=first, last=last)).query)
        return kpi.received

    def offer(self) -> PageContext:
        """Return the choices of the filters on a page."""
        return PageContext(get_newest_day(self.state.store), list_versions(self.state.store), self._viewer_name)

    def areal(
        self, make_question: Callable[[View], AreaQuery]
    ) -> tuple[DistrictShapes, Kpi, AreaTable, View, Categories]:
        """Return the arguments of a map by area."""
        selection = self.select()
        question = make_question(selection.view)
        kpi, _ = self.state.incident_cache.count_by_grid(selection.query)
        # The form must show the values that the map uses.
        view = replace(selection.view, by=question.by, measure=question.measure)
        return selection.backdrop, kpi, self._table(selection, question), view, self.categories

    def sides(
        self,
    ) -> tuple[tuple[DistrictShapes, DistrictShapes], tuple[Density, Density], tuple[View, View], Categories]:
        """Return the arguments of two periods side by side, the earlier first."""
        before, later = self._select_compared()
        densities = self._density(before), self._density(later)
        return (before.backdrop, later.backdrop), densities, (before.view, later.view), self.categories

    def difference(
        self,
    ) -> tuple[DistrictShapes, Kpi, tuple[AreaTable, AreaTable], tuple[View, View], Categories]:
        """Return the arguments of the difference between two periods, the earlier first."""
        before, later = self._select_compared()
        question = difference_question(later.view)
        tables = self._table(before, question), self._table(later, question)
        kpi, _ = self.state.incident_cache.count_by_grid(later.query)
        return later.backdrop, kpi, tables, (before.view, later.view), self.categories

    def _select_compared(self) -> tuple[MapSelection, MapSelection]:
        before, later = compared(self.view, get_newest_day(self.state.store))
        return self.select(before), self.select(later)

    def _density(self, selection: MapSelection) -> Density:
        return self.state.incident_cache.read_density(selection.query, coarse=self._coarse)

    def _table(self, selection: MapSelection, question: AreaQuery) -> AreaTable:
        state = self.state
        return build_area_table(
            state.store,
            state.formulas,
            selection.backdrop.areas,
            selection.query,
            (selection.view.first, selection.view.last),
            question,
            coarse=self._coarse,
            cache=state.incident_cache,
        )


MapDep = Annotated[MapRequest, Depends()]
