"""Categories, layers, grids."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from geogrid.errors import NotFoundError
from geogrid.local_time import LOCAL_ZONE, parse_timestamp
from geogrid.model import CategoryLimits, Generation, Grid, Place, Theme
from geogrid.services.layers import GenerationRecord, list_generations
from geogrid.services.people import people_along, people_of
from geogrid_api.authentication import ANYBODY, MaybeActorDep
from geogrid_api.dependencies import AppState, HouseDep, LayerName, SnapshotDep
from geogrid_api.people_masking import GridPeople, ThematicPlace, grid_people, sees_whole
from geogrid_api.problems import DOORS, responses
from geogrid_api.snapshots import Snapshot

router = APIRouter(prefix="/v1", tags=["layers 图层"])


class GridAnswer(BaseModel):
    """A grid with all that it belongs to, and its people."""

    generation: int
    synthetic: bool
    as_of: date = Field(description="The day, on the clock of the district, that the people are told for.")
    grid: Grid
    community: Place
    street: Place
    people: GridPeople = Field(description="In office on that day; persons are masked to all who may not read people.")
    thematic: list[ThematicPlace] = Field(
        description="The lines and areas of thematic layers in the grid or along it, with their wardens."
    )


class LayersAnswer(BaseModel):
    """The generation in force and the number of areas in each of its layers."""

    generation: Generation
    layers: dict[str, int]
    themes: list[Theme] = Field(description="Which of them are thematic layers, with their titles.")


class CategoryAnswer(BaseModel):
    """A kind of problem, and how long its incidents may take."""

    code: str = Field(description="What incidents carry.")
    name: str
    name_en: str
    department: str = Field(description="The department on call for it.")
    limits: CategoryLimits


@router.get("/categories")
def categories(house: HouseDep) -> list[CategoryAnswer]:
    """List the categories of problems, and how long their incidents may take."""
    return [
        CategoryAnswer(**asdict(category), limits=house.rules.due_times.limits.categories[code])
        for code, category in house.rules.categories.items()
    ]


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
    responses=responses(*DOORS, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
    openapi_extra=ANYBODY,
)
def grid(
    code: str,
    house: HouseDep,
    actor: MaybeActorDep,
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

    Names and telephones are whole to those who may read people, within their bounds; to all others persons show their
    surname and part of the number only.
    """
    moment = parse_timestamp(as_of) if as_of is not None else datetime.now(LOCAL_ZONE)
    snapshot = house.snapshots.current if as_of is None else house.snapshots.at(moment)
    owner = snapshot.locator.owners.get(code)
    if owner is None:
        raise NotFoundError("There is no grid of this code in the generation in force.", field="code")
    day = moment.astimezone(LOCAL_ZONE).date()
    generation = snapshot.generation
    masked = not sees_whole(actor, code)
    return GridAnswer(
        generation=generation.id,
        synthetic=generation.synthetic,
        as_of=day,
        grid=owner.grid,
        community=owner.community,
        street=owner.street,
        people=grid_people(people_of(house.store, owner.grid.layer, code, day), masked=masked),
        thematic=_thematic(house, snapshot, owner.grid, day, masked=masked),
    )


def _thematic(house: AppState, snapshot: Snapshot, grid: Grid, day: date, *, masked: bool) -> list[ThematicPlace]:
    if not snapshot.themes:
        return []
    frame = snapshot.pages.frame(grid.layer)
    shape = frame.geometry[frame["code"] == grid.code].iloc[0]
    found = [(index.theme, place) for index in snapshot.themes.values() for place in index.along(shape)]
    posts = people_along(house.store, [(theme.name, place.code) for theme, place in found], day)
    return [
        ThematicPlace(
            layer=theme.name,
            title=theme.title,
            title_en=theme.title_en,
            code=place.code,
            name=place.name,
            people=grid_people(posts[theme.name, place.code], masked=masked),
        )
        for theme, place in found
    ]
