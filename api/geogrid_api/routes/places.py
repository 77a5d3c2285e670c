"""Places by what people call them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from geogrid.model import Place, PlaceKind, PlaceMatch, Point
from geogrid.places.query_normalization import MAX_QUERY
from geogrid.services import places as service
from geogrid_api.authentication import ReaderDep
from geogrid_api.dependencies import HouseDep, named_datum
from geogrid_api.people_masking import mask_place
from geogrid_api.problems import DOORS, responses

router = APIRouter(prefix="/v1", tags=["places 地名"])


class PlaceResponse(BaseModel):
    """A place that may be meant."""

    kind: PlaceKind = Field(description="An area of the layers, an address of the gazetteer, or a point as pasted.")
    name: str
    address: str = Field(description="Where it stands, in words; empty where nobody said so.")
    code: str = Field(description="That of an area; empty for others.")
    point: Point = Field(description="In WGS 84 degrees; of an area a point inside it.")
    street: Place | None = Field(description="What it lies in; null where it lies in none, or is one itself.")
    community: Place | None
    label: str = Field(description="The gazetteer's own word for what it is.")
    source: str = Field(description="The list of the gazetteer that it comes from; empty for areas.")
    synthetic: bool = Field(description="Made up (合成示意).")
    score: float = Field(description="How well it fits, from 0 to 1.", examples=[0.92])


class PlacesAnswer(BaseModel):
    """The places that a text may mean, the likeliest first."""

    items: list[PlaceResponse]
    pasted: bool = Field(description="Whether the text is coordinates.")
    lat_first: bool = Field(description="Whether the latitude stood first in them; the answer has them in order.")


@router.get("/places", responses=responses(*DOORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def find_places(
    house: HouseDep,
    actor: ReaderDep,  # noqa: ARG001 - places are the same for all who may read incidents
    q: Annotated[
        str,
        Query(
            max_length=MAX_QUERY,
            description="A name, an address, pinyin, initials, or any of them mixed; or coordinates in degrees.",
            examples=["gcjd"],
        ),
    ],
    datum: Annotated[str | None, Query(max_length=40, description="Of coordinates; a name needs none.")] = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_FOUND)] = 10,
) -> PlacesAnswer:
    """Find streets, communities, villages, grids and addresses by what people say, write and type.

    A house number and words such as 附近 may stand behind a name. Coordinates may be decimal in either order, or in
    degrees, minutes and seconds; their datum must be named, or configured.
    """
    snapshot = house.snapshots.current
    chosen = named_datum(datum, house.settings) if datum or house.settings.default_datum else None
    found = service.find_places(house.finders.of(snapshot), snapshot.locator, q, chosen, limit=limit)
    return PlacesAnswer(
        items=[_answer(mask_place(one)) for one in found.found],
        pasted=found.pasted is not None,
        lat_first=found.pasted is not None and found.pasted.lat_first,
    )


def _answer(found: PlaceMatch) -> PlaceResponse:
    place = found.place
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
        score=found.score,
    )
