"""Search of places by name."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from geogrid.model import Place, PlaceKind, PlaceMatch, Point
from geogrid.places.query_normalization import MAX_QUERY
from geogrid.services import places as service
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import ReaderDep
from geogrid_api.dependencies import resolve_datum
from geogrid_api.people_masking import mask_place
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses

router = APIRouter(prefix="/v1", tags=["places 地名"])


class PlaceResponse(BaseModel):
    """A place found by the search."""

    kind: PlaceKind = Field(description="Area of a layer, address of the gazetteer, or pasted coordinates.")
    name: str
    address: str = Field(description="Address; empty if unknown.")
    code: str = Field(description="Code of an area; empty for other places.")
    point: Point = Field(description="Point in WGS 84 degrees; for an area, a point inside it.")
    street: Place | None = Field(description="Street of the place; null outside all streets and for streets.")
    community: Place | None
    label: str = Field(description="Type of the place in the gazetteer.")
    source: str = Field(description="Source list of the gazetteer; empty for areas.")
    synthetic: bool = Field(description="Whether the data are synthetic (合成示意).")
    score: float = Field(description="Similarity to the query, from 0 to 1.", examples=[0.92])


class PlacesResponse(BaseModel):
    """The places found, best match first."""

    items: list[PlaceResponse]
    pasted: bool = Field(description="Whether the query contains coordinates.")
    lat_first: bool = Field(description="Whether the query has the latitude first.")


@router.get("/places", responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def find_places(
    state: StateDep,
    actor: ReaderDep,  # noqa: ARG001 - requires the permission
    q: Annotated[
        str,
        Query(
            max_length=MAX_QUERY,
            description="Name, address, pinyin, initials or a mixture of them; or coordinates in degrees.",
            examples=["gcjd"],
        ),
    ],
    datum: Annotated[
        str | None, Query(max_length=40, description="Datum of coordinates; not needed for names.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_FOUND)] = 10,
) -> PlacesResponse:
    """Find streets, communities, villages, grids and addresses by name, or by coordinates.

    House numbers and words such as 附近 after a name are ignored. Coordinates may be decimal in either order, or in
    degrees, minutes and seconds; they need `datum` or a configured datum.
    """
    snapshot = state.snapshots.current
    resolved = resolve_datum(datum, state.settings) if datum or state.settings.default_datum else None
    result = service.find_places(state.place_finders.of(snapshot), snapshot.locator, q, resolved, limit=limit)
    return PlacesResponse(
        items=[_make_response(mask_place(match)) for match in result.found],
        pasted=result.pasted is not None,
        lat_first=result.pasted is not None and result.pasted.lat_first,
    )


def _make_response(match: PlaceMatch) -> PlaceResponse:
    place = match.place
    return PlaceResponse(
        kind=place.kind,
        name=place.name,
        address=place.address,
        code=place.code,
        point=place.point,
        street=place.street,
        community=place.community,
        label=place.label,
        source=place.source,
        synthetic=place.synthetic,
        score=match.score,
    )
