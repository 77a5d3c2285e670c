"""Query parameters and counts of maps, shared by pages, prints and table files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Query

from geogrid.constants import Language
from geogrid.local_time import local_zone, parse_timestamp
from geogrid.model import Bounds, Generation, Permission
from geogrid.permissions import has_permission
from geogrid.rules.formulas import FigureSide
from geogrid.services.area_figures import build_area_table
from geogrid.services.counting_basis import CountingBasis, find_basis
from geogrid.services.data_version import DataVersion, read_data_version
from geogrid.services.figure_tables import DAY_GROUPINGS, ComparisonPeriod, TableGrouping, build_figure_table
from geogrid.services.filter_value_check import check_choice
from geogrid.services.key_figures import get_newest_day
from geogrid.services.layer_generations import list_versions
from geogrid.services.loop_figures import build_whistle_table
from geogrid.stats.animation_frames import TimeStep
from geogrid.stats.class_breaks import ClassMethod
from geogrid.stats.generation_areas import AreaLevel
from geogrid.stats.measures import Measure
from geogrid.stats.periods import period_before
from geogrid.stats.rate_change import compare_rates, count_days
from geogrid_api.app_state import SnapshotDep, StateDep
from geogrid_api.authentication import MapViewerDep
from geogrid_api.dependencies import Day, FilterValuesDep
from geogrid_maps.area_map import AREA_MAPS
from geogrid_maps.comparison_map import days_of_views
from geogrid_maps.figure_details import row_groupings
from geogrid_maps.figures_page import FiguresData, check_rank
from geogrid_maps.map_data import MapSelection
from geogrid_maps.map_query import MapKind, Show, View, days_of
from geogrid_maps.page_context import PageContext
from geogrid_maps.ui_texts import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.services.incident_animation import IncidentAnimation
    from geogrid.services.key_figures import Density, Kpi
    from geogrid.services.loop_figures import WhistleTable
    from geogrid.stats.area_table_model import AreaQuery, AreaTable
    from geogrid.stats.rate_change import ComparedDays, RateChange
    from geogrid_api.generation_cache import Snapshot
    from geogrid_maps.district_shapes import DistrictShapes

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
_FIGURE_CODE: Final[dict[str, Any]] = {"pattern": "^[a-z_]{0,40}$", "examples": ["overdue"]}


@dataclass(frozen=True, slots=True)
class PageKey:
    """All values that a map page depends on, the key of its cache.

    Attributes
    ----------
    kind, view
        The map, its filters and its options.
    within, coarse, user, reads_ledger
        The bounds of the user, whether disclosure control applies, and the frame of the page.
    generation, versions, basis
        The active generation, the generations to choose from, and the grids by which incidents are counted.
    rules, data
        The versions of the rules and of the data.
    moment
        The minute for maps by area, because incidents become overdue; the day for other maps.
    """

    kind: MapKind
    view: View
    within: Bounds | None
    coarse: bool
    user: str
    reads_ledger: bool
    generation: int
    versions: tuple[tuple[datetime, Generation], ...]
    basis: CountingBasis
    rules: int | None
    data: DataVersion
    moment: datetime


def default_rows(shapes: DistrictShapes) -> TableGrouping:
    """Return the grouping of the table of figures without a choice: by the largest areas that the district has."""
    preferred = (TableGrouping.STREET, TableGrouping.COMMUNITY, TableGrouping.CATEGORY)
    offered = row_groupings(shapes)
    return next(by for by in preferred if by in offered)


class MapRequest:
    """Query parameters of all maps, and their counts of incidents, see `geogrid_maps.map_data.MapFigures`.

    Each map accepts the parameters of the others and keeps them in its links. It counts the incidents within the bounds
    of the user; for anonymous users disclosure control applies.
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
            TableGrouping | None,
            Query(description="Table of figures: grouping of the rows; by default the largest areas of the district."),
        ] = None,
        rank: Annotated[
            str, Query(description="Table of figures: rank its rows by this count or rate.", **_FIGURE_CODE)
        ] = "",
        figure: Annotated[
            str, Query(description="List of incidents: those that this count or rate counts.", **_FIGURE_CODE)
        ] = "",
        part: Annotated[
            FigureSide, Query(description="List of incidents: the side of the rate that counts them.")
        ] = FigureSide.NUMERATOR,
        classes: Annotated[ClassMethod, Query(description="Maps by area: classification.")] = ClassMethod.QUANTILES,
        lang: Language = Language.ZH,
        *,
        save: Annotated[bool, Query(description="Pages: download as one file that works offline.")] = False,
    ) -> None:
        if rows:
            check_choice("rows", rows, tuple(ROWS))
        self.state = state
        self.save = save
        self.view = View(
            **values.as_dict(),
            step=step,
            other_first=from2,
            other_last=to2,
            other_as_of=parse_timestamp(as_of2) if as_of2 else None,
            show=show,
            by=by,
            measure=measure,
            rows=rows or default_rows(current.prepared.backdrop),
            rank=rank,
            figure=figure,
            part=part,
            # Pages have no field for fixed class bounds.
            classes=ClassMethod.QUANTILES if classes is ClassMethod.FIXED else classes,
            language=lang,
        )
        self._current: Snapshot = current
        self._within = viewer.bounds if viewer else None
        self._coarse = viewer is None
        self._user = viewer.name if viewer else ""
        self._reads_ledger = viewer is not None and has_permission(viewer, Permission.LEDGER_READ)

    @property
    def rules(self) -> RuleSet:
        """The active rules."""
        return self.state.rules

    def context(self) -> PageContext:
        """Return the state of the service that pages show."""
        return PageContext(
            self.newest_day(), list_versions(self.state.store), self._user, reads_ledger=self._reads_ledger
        )

    def page_key(self, kind: MapKind) -> PageKey:
        """Return all values that a page depends on. It must be read before the page is rendered."""
        store, by_area, now = self.state.store, kind in AREA_MAPS, datetime.now(local_zone())
        return PageKey(
            kind,
            self.view,
            self._within,
            self._coarse,
            self._user,
            self._reads_ledger,
            self._current.generation.id,
            tuple(list_versions(store)),
            self._basis,
            self.state.active_rules.version_id,
            read_data_version(store, populations=by_area),
            now.replace(second=0, microsecond=0) if by_area else now.replace(hour=0, minute=0, second=0, microsecond=0),
        )

    def newest_day(self) -> date | None:
        """Return the day of the newest incident."""
        return self._newest_day

    @cached_property
    def _newest_day(self) -> date | None:
        return get_newest_day(self.state.store)

    @cached_property
    def _basis(self) -> CountingBasis:
        return find_basis(self.state.store, self._current.generation.id)

    def snapshot(self, view: View) -> Snapshot:
        """Return the generation that a view draws."""
        return self.state.snapshots.at(view.as_of) if view.as_of else self._current

    def select(self, view: View) -> MapSelection:
        """Return the incidents of a view within the bounds of the user. Offline files have no base map."""
        snapshot = self.snapshot(view)
        basis = CountingBasis(snapshot.generation.id) if view.as_of else self._basis
        shapes = snapshot.prepared.plain if self.save else snapshot.prepared.backdrop
        query = replace(view.filter(basis.generation), within=self._within)
        return MapSelection(replace(shapes, gap=basis.gap) if basis.gap else shapes, view, query)

    def density(self, selection: MapSelection) -> Density:
        """Return the number of incidents by raster cell, for heat maps."""
        return self.state.incident_cache.read_density(selection.query, coarse=self._coarse)

    def animation(self, selection: MapSelection) -> IncidentAnimation:
        """Return the number of incidents by raster cell for each time step of the view."""
        return self.state.incident_cache.build_animation(selection.query, selection.view.step, coarse=self._coarse)

    def count_by_grid(self, selection: MapSelection) -> tuple[Kpi, Mapping[str, int]]:
        """Return the key figures, and the number of incidents by grid code."""
        return self.state.incident_cache.count_by_grid(selection.query)

    def area_table(self, selection: MapSelection, question: AreaQuery) -> AreaTable:
        """Return the figures by area."""
        return build_area_table(
            self.state.store,
            self.state.formulas,
            selection.shapes.areas,
            selection.query,
            (selection.view.first, selection.view.last),
            question,
            coarse=self._coarse,
            cache=self.state.incident_cache,
        )

    def change_from_before(self, view: View, received: int) -> RateChange | None:
        """Return the change since the preceding period, or None for a view without a period."""
        before = _view_before(view)
        if before is None:
            return None
        kpi, _ = self.count_by_grid(self.select(before))
        return compare_rates(kpi.received, received, days_of_views(before, view, self.newest_day()))

    def compared_days(self, view: View) -> ComparedDays | None:
        """Return the days of the preceding period and of the period of a view, or None for a view without a period."""
        before = _view_before(view)
        return None if before is None else days_of_views(before, view, self.newest_day())

    def figures(self) -> FiguresData:
        """Return the table of figures, which compares the period with the preceding one."""
        state = self.state
        days = days_of(self.view, self.newest_day())
        selection = self.select(replace(self.view, first=days[0], last=days[1]))
        view = selection.view
        check_rank(view.rank, state.formulas)
        compare = [] if view.rows in DAY_GROUPINGS else list(ComparisonPeriod)
        table = build_figure_table(state.store, state.formulas, selection.query, days, by=view.rows, compare=compare)
        compared = {
            kind: count_days(period, days, self.newest_day(), view.weekday) for kind, period in table.periods.items()
        }
        return FiguresData(
            selection.shapes,
            view,
            self.rules,
            table,
            state.formulas,
            compared,
            self._whistles(selection),
            restated=selection.query.by_generation is not None,
            query=selection.query,
        )

    def _whistles(self, selection: MapSelection) -> WhistleTable | None:
        """Return the numbers of whistles for a table by department; None for other tables and for anonymous users."""
        if self._coarse or selection.view.rows is not TableGrouping.DEPARTMENT:
            return None
        return build_whistle_table(self.state.store, selection.query)


def _view_before(view: View) -> View | None:
    """Return a view of the preceding period, or None for a view without a period."""
    if view.first is None or view.last is None:
        return None
    first, last = period_before(view.first, view.last)
    return replace(view, first=first, last=last)


MapDep = Annotated[MapRequest, Depends()]
