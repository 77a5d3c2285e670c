"""Points to grids."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from geogrid.model import Membership, Point
from geogrid_api.deps import DatumDep, HouseDep, MomentDep
from geogrid_api.problems import responses

router = APIRouter(prefix="/v1", tags=["locate 定位"])


@router.get("/locate", responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY))
async def locate(
    lon: Annotated[float, Query(description="Longitude or easting.", examples=[113.3058])],
    lat: Annotated[float, Query(description="Latitude or northing.", examples=[40.0912])],
    datum: DatumDep,
    house: HouseDep,
    as_of: MomentDep,
) -> Membership:
    """Say which grids hold a point, and whose incident it would be.

    The datum must be named, or configured. A border belongs to the grid with the lowest code. A point outside the
    district is an answer, with the status `outside`; one that is swapped or not on the Earth is an error.
    """
    snapshot = house.snapshots.current
    if as_of is not None:
        snapshot = await run_in_threadpool(house.snapshots.at, as_of)
    return snapshot.locator.locate(Point(lon, lat), datum)
