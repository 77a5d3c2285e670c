"""Figures by areas: densities, hot spots, smoothed rates."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response

from geogrid.constants import Language
from geogrid.services.area_figures import areal_table
from geogrid.stats.area_files import AreaFormat, areas_csv, areas_geojson, file_stem
from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.area_table import AreaQuery, AreaTable
from geogrid.stats.measures import SMOOTHED_MEASURES, Measure
from geogrid_api.authentication import ANYBODY, MapViewerDep
from geogrid_api.dependencies import FilterDep, HouseDep, SnapshotDep, ViewDep
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_api.schemas.areas import AreasAnswer, QuestionDep, areas_answer
from geogrid_api.snapshots import Snapshot

router = APIRouter(prefix="/v1/areas", tags=["figures 统计"])

_CONTENT: Final[dict[str, Any]] = {
    AreaFormat.CSV.media_type: {"schema": {"type": "string", "format": "binary"}},
    AreaFormat.GEOJSON.media_type: {"schema": {"type": "object"}},
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {200: {"content": _CONTENT}, **responses(*DOORS, *FIGURES_REFUSE)}
_Measure = Annotated[Measure, Query(description="What is measured.")]


class SmoothedMeasure(StrEnum):
    """A measure that can be smoothed."""

    PER_1000 = SMOOTHED_MEASURES[0]
    HANDLED_RATE = SMOOTHED_MEASURES[1]
    OVERDUE_SHARE = SMOOTHED_MEASURES[2]


class Asking:
    """What all figures of areas are made from; a stranger's are coarse.

    Parameters
    ----------
    house, current, view, chosen, viewer
        As of any page.
    file_format, lang
        What is given: JSON, or a file; of a file with headers, their language.
    """

    def __init__(
        self,
        house: HouseDep,
        current: SnapshotDep,
        view: ViewDep,
        chosen: FilterDep,
        viewer: MapViewerDep,
        file_format: Annotated[AreaFormat, Query(alias="format")] = AreaFormat.JSON,
        lang: Language = Language.ZH,
    ) -> None:
        self._house = house
        self._snapshot: Snapshot = house.snapshots.at(view.as_of) if view.as_of else current
        self._days = (view.first, view.last)
        self._chosen = chosen
        self._coarse = viewer is None
        self._format = file_format
        self._language = lang

    def answer(self, asked: AreaQuery) -> AreasAnswer | Response:
        """Return the table that a question comes to, in the format that was asked for."""
        house, areas = self._house, self._snapshot.pages.backdrop.areas
        table = areal_table(
            house.store,
            house.formulas,
            areas,
            self._chosen,
            self._days,
            asked,
            coarse=self._coarse,
            overview=house.overview,
        )
        if self._format is AreaFormat.JSON:
            return areas_answer(table)
        content = self._file(table)
        headers = {
            "Content-Disposition": f'attachment; filename="{file_stem(table)}.{self._format}"',
            "Cache-Control": "no-store",
        }
        return Response(content, media_type=self._format.media_type, headers=headers)

    def _file(self, table: AreaTable) -> bytes:
        if self._format is AreaFormat.CSV:
            return areas_csv(table, self._language)
        return areas_geojson(table, self._snapshot.pages.backdrop.areas.level(table.query.by))


AskingDep = Annotated[Asking, Depends()]


@router.get("/figures", response_model=AreasAnswer, responses=_ANSWERS, openapi_extra=ANYBODY)
def area_figures(asking: AskingDep, asked: QuestionDep, measure: _Measure = Measure.PER_KM2) -> Any:  # noqa: ANN401 - a table or a file
    """Measure grids, communities or streets, in classes for a map.

    Open to everybody, coarsely: without a key or a login the figures of an area of fewer than three incidents are not
    told. With one it counts what lies within its bounds, and leaves out areas that do not lie in them as a whole.
    """
    return asking.answer(replace(asked, measure=measure))


@router.get("/rates", response_model=AreasAnswer, responses=_ANSWERS, openapi_extra=ANYBODY)
def area_rates(asking: AskingDep, asked: QuestionDep, measure: SmoothedMeasure = SmoothedMeasure.HANDLED_RATE) -> Any:  # noqa: ANN401 - a table or a file
    """Tell rates that are drawn towards the mean of all areas, the more the fewer cases are behind them.

    The classes are those of the smoothed rates; the rates as they stand are told beside them. By the empirical Bayes
    estimators of Marshall (1991) for people, and of Martuzzi and Elliott (1996) for shares.
    """
    return asking.answer(replace(asked, measure=Measure(measure), smoothed=True))


@router.get("/hotspots", response_model=AreasAnswer, responses=_ANSWERS, openapi_extra=ANYBODY)
def area_hot_spots(asking: AskingDep, measure: _Measure = Measure.PER_KM2) -> Any:  # noqa: ANN401 - a table or a file
    """Tell which base grids, together with those around them, have more or less than chance would give them.

    The null is that the values had been dealt out among the grids at random. Gi* (Ord and Getis 1995) with neighbours
    that touch; at most 10, 5 and 1 % of the grids called beyond chance are so falsely (Benjamini and Hochberg 1995). Of
    rates the smoothed ones are taken. `ranking` lists them, the farthest from chance first.
    """
    return asking.answer(AreaQuery(AreaLevel.GRID, measure))
