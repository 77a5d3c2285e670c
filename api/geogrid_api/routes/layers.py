"""Categories, layers, grids."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from geogrid.errors import NotFoundError
from geogrid.incidents.filters import LOCAL, parse_moment
from geogrid.model import Category, Generation, Grid, Place, Theme
from geogrid.services.layers import GenerationRecord, list_generations
from geogrid.services.people import people_of
from geogrid_api.deps import KEY_OPTIONAL, HoldsKey, HouseDep, LayerName, SnapshotDep
from geogrid_api.persons import GridPeople, grid_people
from geogrid_api.problems import responses

router = APIRouter(prefix="/v1", tags=["layers 图层"])


class GridAnswer(BaseModel):
    """A grid with all that it belongs to, and its people."""

    generation: int
    synthetic: bool
    as_of: date = Field(description="The day, on the clock of the district, that the people are told for.")
    grid: Grid
    community: Place
    street: Place
    people: GridPeople = Field(description="In office on that day; without a key, persons are masked.")


class LayersAnswer(BaseModel):
    """The generation in force and the number of areas in each of its layers."""

    generation: Generation
    layers: dict[str, int]
    themes: list[Theme] = Field(description="Which of them are thematic layers, with their titles.")


@router.get("/categories")
def categories(house: HouseDep) -> list[Category]:
    """List the categories of problems."""
    return list(house.categories.values())


@router.get("/generations")
def generations(house: HouseDep) -> list[GenerationRecord]:
    """List the generations of layers: drafts, planned, the active one, and those that were."""
    return list_generations(house.store)


@router.get("/layers")
def layers(snapshot: SnapshotDep) -> LayersAnswer:
    """Name the generation in force and its layers."""
    counts = {layer: len(frame) for layer, frame in snapshot.pages.frames.items()}
    themes = [found.theme for found in snapshot.themes.values()]
    return LayersAnswer(generation=snapshot.generation, layers=counts, themes=themes)


@router.get(
    "/layers/{layer}",
    response_class=Response,
    responses={
        200: {"content": {"application/geo+json": {"schema": {"type": "object"}}}},
        **responses(HTTPStatus.NOT_FOUND),
    },
)
def layer(layer: LayerName, snapshot: SnapshotDep) -> Response:
    """Give a layer as GeoJSON, in WGS 84: district, street … dedicated, or a thematic layer."""
    return Response(snapshot.pages.geojson(layer), media_type="application/geo+json")


@router.get(
    "/grids/{code}",
    responses=responses(HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
    openapi_extra=KEY_OPTIONAL,
)
def grid(
    code: str,
    house: HouseDep,
    holds_key: HoldsKey,
    as_of: Annotated[
        str | None,
        Query(
            max_length=40,
            description="By the layers in force at this moment, and the people of its day; by default now.",
            examples=["2026-03-01"],
        ),
    ] = None,
) -> GridAnswer:
    """Say what a grid is and belongs to, and who its people are (一格多员).

    With a key names and telephones are whole; without one, persons show their surname and part of the number only.
    """
    moment = parse_moment(as_of) if as_of is not None else datetime.now(LOCAL)
    snapshot = house.snapshots.current if as_of is None else house.snapshots.at(moment)
    owner = snapshot.locator.owners.get(code)
    if owner is None:
        raise NotFoundError("There is no grid of this code in the generation in force.", field="code")
    day = moment.astimezone(LOCAL).date()
    generation = snapshot.generation
    return GridAnswer(
        generation=generation.id,
        synthetic=generation.synthetic,
        as_of=day,
        grid=owner.grid,
        community=owner.community,
        street=owner.street,
        people=grid_people(people_of(house.store, owner.grid.layer, code, day), masked=not holds_key),
    )
