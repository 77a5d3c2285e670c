"""Points to grids."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool

from geogrid.locate.explanation import MAX_ACCURACY_M
from geogrid.locate.locator import ExplainedMembership
from geogrid.model import Membership, Point
from geogrid_api.authentication import ANYBODY, admit_to_locate
from geogrid_api.dependencies import AppState, DatumDep, HouseDep, MomentDep
from geogrid_api.problems import DOORS, responses
from geogrid_api.snapshots import Snapshot

router = APIRouter(prefix="/v1", tags=["locate 定位"], dependencies=[Depends(admit_to_locate)])

_REFUSED = responses(*DOORS, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
Longitude = Annotated[float, Query(description="Longitude or easting.", examples=[113.3058])]
Latitude = Annotated[float, Query(description="Latitude or northing.", examples=[40.0912])]


@router.get("/locate", responses=_REFUSED, openapi_extra=ANYBODY)
async def locate(
    lon: Longitude,
    lat: Latitude,
    datum: DatumDep,
    house: HouseDep,
    as_of: MomentDep,
) -> Membership:
    """Say which grids hold a point, and whose incident it would be.

    The datum must be named, or configured. A border belongs to the grid with the lowest code. A point just outside the
    district is drawn to the nearest grid, with the status `snapped`; one farther off is an answer too, with the status
    `outside`; one that is swapped or not on the Earth is an error.
    """
    snapshot = await _snapshot(house, as_of)
    return snapshot.locator.locate(Point(lon, lat), datum)


@router.get("/locate/explain", responses=_REFUSED, openapi_extra=ANYBODY)
async def explain(
    lon: Longitude,
    lat: Latitude,
    datum: DatumDep,
    house: HouseDep,
    as_of: MomentDep,
    accuracy_m: Annotated[
        float | None,
        Query(gt=0, le=MAX_ACCURACY_M, description="How inexact the point is: the radius of the disc it may lie in."),
    ] = None,
) -> ExplainedMembership:
    """Answer as `/v1/locate` does, and say why.

    For the base grids and the dedicated grids: the rule that chose the grid, how far the nearest border is and which
    grid lies beyond it, and with `accuracy_m` each grid's share of the disc of uncertainty.
    """
    snapshot = await _snapshot(house, as_of)
    return snapshot.locator.explain(Point(lon, lat), datum, accuracy_m=accuracy_m)


async def _snapshot(house: AppState, as_of: datetime | None) -> Snapshot:
    if as_of is None:
        return house.snapshots.current
    return await run_in_threadpool(house.snapshots.at, as_of)
