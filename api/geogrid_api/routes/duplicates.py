"""Incidents that may be the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from geogrid.incidents.validation import MAX_DESCRIPTION
from geogrid.local_time import parse_timestamp
from geogrid.model import Point
from geogrid.services import duplicates as service
from geogrid_api.authentication import ReaderDep
from geogrid_api.dependencies import DatumDep, HouseDep, IncidentNumber
from geogrid_api.problems import DOORS, responses
from geogrid_api.routes.locate import Latitude, Longitude
from geogrid_api.schemas.incidents import READ_ONE, DuplicateAnswer, duplicate_answers

router = APIRouter(prefix="/v1", tags=["incidents 事件"])


@router.get("/incidents/{number:number}/duplicates", responses=READ_ONE)
def list_duplicates(number: IncidentNumber, house: HouseDep, actor: ReaderDep) -> list[DuplicateAnswer]:
    """List what an incident may be a duplicate of, the likeliest first; the step `merge` makes it one."""
    return duplicate_answers(service.find_duplicates_of_incident(house.store, house.rules, actor, number))


@router.get("/duplicates", responses=responses(*DOORS))
def find_duplicates(
    house: HouseDep,
    actor: ReaderDep,
    datum: DatumDep,
    lon: Longitude,
    lat: Latitude,
    category: Annotated[str, Query(max_length=20, examples=["Z06"])],
    moment: Annotated[
        str | None, Query(alias="at", max_length=40, description="When it was seen; by default now.")
    ] = None,
    description: Annotated[str, Query(max_length=MAX_DESCRIPTION)] = "",
) -> list[DuplicateAnswer]:
    """Look, before a report is made, for incidents that it would be a duplicate of, the likeliest first."""
    seen = parse_timestamp(moment) if moment else datetime.now(UTC)
    return duplicate_answers(
        service.find_duplicates(house.store, house.rules, actor, Point(lon, lat), datum, category, seen, description)
    )
