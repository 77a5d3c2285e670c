"""Figures by area: measures, smoothed rates and hot spots."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response

from geogrid.constants import Language
from geogrid.services.area_figures import build_area_table
from geogrid.services.counting_basis import require_restated
from geogrid.services.provenance import incident_provenance
from geogrid.stats.area_table_model import AreaQuery, AreaTable
from geogrid.stats.area_table_writer import AreaFormat, areas_csv, areas_geojson, file_stem
from geogrid.stats.generation_areas import AreaLevel
from geogrid.stats.measures import SMOOTHED_MEASURES, Measure
from geogrid_api.app_state import SnapshotDep, StateDep
from geogrid_api.authentication import OPTIONAL_AUTH, MapViewerDep
from geogrid_api.dependencies import BasisDep, FilterDep, FilterValuesDep
from geogrid_api.generation_cache import Snapshot
from geogrid_api.problem_details import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_api.schemas.area_figures import AreaQueryDep, AreaTableResponse, make_areas_response

router = APIRouter(prefix="/v1/areas", tags=["figures 统计"])

_CONTENT: Final[dict[str, Any]] = {
    AreaFormat.CSV.media_type: {"schema": {"type": "string", "format": "binary"}},
    AreaFormat.GEOJSON.media_type: {"schema": {"type": "object"}},
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": _CONTENT},
    **problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS),
}
_Measure = Annotated[Measure, Query(description="Measure to compute.")]


class SmoothedMeasure(StrEnum):
    """A measure that can be smoothed."""

    PER_1000 = SMOOTHED_MEASURES[0]
    HANDLED_RATE = SMOOTHED_MEASURES[1]
    OVERDUE_SHARE = SMOOTHED_MEASURES[2]
    PATROL_SHARE = SMOOTHED_MEASURES[3]
    HOTLINE_SHARE = SMOOTHED_MEASURES[4]
    RESIDENT_SHARE = SMOOTHED_MEASURES[5]


class AreaFiguresRequest:
    """Common parameters of the figures by area. Small values are hidden from anonymous users.

    Parameters
    ----------
    state, current, values, query, basis, viewer
        Application state, active generation, and filters, grids and viewer of the request.
    file_format, lang
        Format of the response, and language of CSV headers.
    """

    def __init__(
        self,
        state: StateDep,
        current: SnapshotDep,
        values: FilterValuesDep,
        query: FilterDep,
        basis: BasisDep,
        viewer: MapViewerDep,
        file_format: Annotated[AreaFormat, Query(alias="format")] = AreaFormat.JSON,
        lang: Language = Language.ZH,
    ) -> None:
        self._state = state
        self._snapshot: Snapshot = state.snapshots.at(values.as_of) if values.as_of else current
        self._days = (values.first, values.last)
        self._query = query
        self._gap = basis.gap
        self._coarse = viewer is None
        self._format = file_format
        self._language = lang

    def respond(self, question: AreaQuery) -> AreaTableResponse | Response:
        """Return the measure of each area, such as incidents per km², as JSON, CSV or GeoJSON."""
        state, areas = self._state, self._snapshot.prepared.backdrop.areas
        table = build_area_table(
            state.store,
            state.formulas,
            areas,
            self._query,
            self._days,
            question,
            coarse=self._coarse,
            cache=state.incident_cache,
        )
        if self._format is AreaFormat.JSON:
            return make_areas_response(table, self._gap)
        require_restated(self._gap, self._query, by_area=True)
        content = self._encode(table)
        headers = {
            "Content-Disposition": f'attachment; filename="{file_stem(table)}.{self._format}"',
            "Cache-Control": "no-store",
        }
        return Response(content, media_type=self._format.media_type, headers=headers)

    def _encode(self, table: AreaTable) -> bytes:
        provenance = incident_provenance(
            self._state.store,
            self._query,
            self._state.rules,
            days=self._days,
            generation=table.generation,
            synthetic=table.synthetic,
            formulas=table.formulas,
            language=self._language,
        )
        if self._format is AreaFormat.CSV:
            return areas_csv(table, provenance)
        return areas_geojson(table, self._snapshot.prepared.backdrop.areas.level(table.query.by), provenance)


AreaFiguresDep = Annotated[AreaFiguresRequest, Depends()]


@router.get("/figures", response_model=AreaTableResponse, responses=_ANSWERS, openapi_extra=OPTIONAL_AUTH)
def read_area_figures(request: AreaFiguresDep, question: AreaQueryDep, measure: _Measure = Measure.PER_KM2) -> Any:  # noqa: ANN401 - JSON or a file
    """Return a measure of all grids, communities or streets, with classes for a map.

    Anonymous users do not get the values of areas with fewer than three incidents. Other users get the incidents and
    the whole areas within their bounds.
    """
    return request.respond(replace(question, measure=measure))


@router.get("/rates", response_model=AreaTableResponse, responses=_ANSWERS, openapi_extra=OPTIONAL_AUTH)
def read_area_rates(
    request: AreaFiguresDep, question: AreaQueryDep, measure: SmoothedMeasure = SmoothedMeasure.HANDLED_RATE
) -> Any:  # noqa: ANN401 - JSON or a file
    """Return rates smoothed towards the mean of all areas; the fewer cases an area has, the stronger the smoothing.

    The classes use the smoothed rates; the response has the raw rates, too. Estimators: empirical Bayes by Marshall
    (1991) for rates per person, by Martuzzi and Elliott (1996) for shares.
    """
    return request.respond(replace(question, measure=Measure(measure), smoothed=True))


@router.get("/hotspots", response_model=AreaTableResponse, responses=_ANSWERS, openapi_extra=OPTIONAL_AUTH)
def read_hot_spots(request: AreaFiguresDep, measure: _Measure = Measure.PER_KM2) -> Any:  # noqa: ANN401 - JSON or a file
    """Return the hot spots and cold spots among the base grids.

    Statistic: Gi* (Ord and Getis 1995) with touching neighbours; null hypothesis: values are randomly distributed. The
    false discovery rate is at most 10, 5 or 1 % (Benjamini and Hochberg 1995). Rates are smoothed. `ranking` lists the
    significant grids, highest absolute z score first.
    """
    return request.respond(AreaQuery(AreaLevel.GRID, measure))
