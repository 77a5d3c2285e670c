"""Locate single points."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool

from geogrid.locate.explanation import MAX_ACCURACY_M
from geogrid.locate.locator import ExplainedMembership
from geogrid.model import Membership, Point
from geogrid_api.app_state import AppState, StateDep, get_snapshot
from geogrid_api.authentication import OPTIONAL_AUTH, check_locate_access
from geogrid_api.dependencies import AsOfDep, DatumDep
from geogrid_api.generation_cache import Snapshot
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses

router = APIRouter(prefix="/v1", tags=["locate 定位"], dependencies=[Depends(check_locate_access)])

_ERRORS = problem_responses(*AUTH_ERRORS, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
Longitude = Annotated[float, Query(description="Longitude or easting.", examples=[113.3058])]
Latitude = Annotated[float, Query(description="Latitude or northing.", examples=[40.0912])]


@router.get("/locate", responses=_ERRORS, openapi_extra=OPTIONAL_AUTH)
async def locate_point(
    lon: Longitude,
    lat: Latitude,
    datum: DatumDep,
    state: StateDep,
    as_of: AsOfDep,
) -> Membership:
    """Return the grids that contain a point, and the grid responsible for an incident there.

    Borders belong to the grid with the lowest code. A point just outside the district is `snapped` to the nearest grid;
    a point farther away is `outside`. Swapped and impossible coordinates are errors.
    """
    snapshot = await _get_snapshot(state, as_of)
    return snapshot.locator.locate(Point(lon, lat), datum)


@router.get("/locate/explain", responses=_ERRORS, openapi_extra=OPTIONAL_AUTH)
async def explain_point(
    lon: Longitude,
    lat: Latitude,
    datum: DatumDep,
    state: StateDep,
    as_of: AsOfDep,
    accuracy_m: Annotated[
        float | None,
        Query(
            gt=0,
            le=MAX_ACCURACY_M,
            description="Accuracy of the point: radius of the circle that contains it, in metres.",
        ),
    ] = None,
) -> ExplainedMembership:
    """Return the result of `/v1/locate` with an explanation.

    For base and dedicated grids it contains the rule that selected the grid, the distance to the nearest border and the
    grid behind it. With `accuracy_m` it contains the share of each grid in the accuracy circle.
    """
    snapshot = await _get_snapshot(state, as_of)
    return snapshot.locator.explain(Point(lon, lat), datum, accuracy_m=accuracy_m)


async def _get_snapshot(state: AppState, as_of: datetime | None) -> Snapshot:
    if as_of is None:
        return await get_snapshot(state)
    return await run_in_threadpool(state.snapshots.at, as_of)
