"""Routes of generations, layers, single grids and problem categories."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from geogrid.errors import NotFoundError
from geogrid.local_time import local_zone, parse_timestamp
from geogrid.model import CategoryKind, Generation, Grid, Place, Theme
from geogrid.rules.time_limits import CategoryLimits
from geogrid.services.layer_generations import GenerationRecord, list_generations
from geogrid.services.people import list_people_of_area, list_people_of_areas
from geogrid_api.app_state import AppState, SnapshotDep, StateDep
from geogrid_api.authentication import OPTIONAL_AUTH, OptionalActorDep
from geogrid_api.dependencies import LayerName
from geogrid_api.generation_cache import Snapshot
from geogrid_api.people_masking import GridPeople, ThematicPlace, group_people, may_see_people
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses
from geogrid_api.schemas.vocabulary import VocabularyResponse, make_vocabulary_response

router = APIRouter(prefix="/v1", tags=["layers 图层"])


class GridResponse(BaseModel):
    """A grid with its community, street and people."""

    generation: int
    synthetic: bool
    as_of: date = Field(description="Local day of the listed people.")
    grid: Grid
    community: Place | None = Field(description="Null if the grid is in no community.")
    street: Place | None
    people: GridPeople = Field(description="People in office on that day; masked for users who may not read people.")
    thematic: list[ThematicPlace] = Field(
        description="Features of thematic layers in or along the grid, with their wardens."
    )


class LayersResponse(BaseModel):
    """The active generation and the number of areas in each layer."""

    generation: Generation
    layers: dict[str, int]
    themes: list[Theme] = Field(description="Thematic layers with their titles.")


class CategoryResponse(BaseModel):
    """A category of problems with its time limits."""

    code: str = Field(description="Code used in incidents.")
    name: str
    name_en: str
    department: str = Field(description="Department on call; empty for a category with others below it and no own.")
    kind: CategoryKind
    parent: str | None = Field(description="Code of the category above; null for a main category (大类).")
    retired: bool = Field(description="Whether new reports cannot have it.")
    leaf: bool = Field(description="Whether incidents have this code. Otherwise they have a code below it.")
    limits: CategoryLimits | None = Field(description="Its own limits or those of a category above it.")


@router.get("/vocabulary")
def read_vocabulary(state: StateDep) -> VocabularyResponse:
    """Return the codes of sources, levels, duties, departments and categories with their names."""
    return make_vocabulary_response(state.rules)


@router.get("/categories")
def list_categories(state: StateDep) -> list[CategoryResponse]:
    """List the categories of problems with their time limits; categories below another one follow it."""
    tree, limits = state.rules.categories, state.rules.due_times.limits.categories
    return [
        CategoryResponse(**asdict(category), leaf=code in tree, limits=tree.find_nearest(limits, code))
        for code, category in tree.nodes.items()
    ]


@router.get("/generations")
def read_generations(state: StateDep) -> list[GenerationRecord]:
    """List all generations: drafts, planned, active and past ones."""
    return list_generations(state.store)


@router.get("/layers")
def list_layers(snapshot: SnapshotDep) -> LayersResponse:
    """Return the active generation and its layers."""
    counts = {layer: len(frame) for layer, frame in snapshot.prepared.frames.items()}
    themes = [index.theme for index in snapshot.themes.values()]
    return LayersResponse(generation=snapshot.generation, layers=counts, themes=themes)


@router.get(
    "/layers/{layer}",
    response_class=Response,
    responses={
        200: {"content": {"application/geo+json": {"schema": {"type": "object"}}}},
        **problem_responses(HTTPStatus.NOT_FOUND),
    },
)
def read_layer(layer: LayerName, state: StateDep, snapshot: SnapshotDep) -> Response:
    """Return a layer as GeoJSON in WGS 84: district, street … dedicated, or a thematic layer."""
    content = snapshot.prepared.geojson(layer, state.rules.profile.district.credit)
    return Response(content, media_type="application/geo+json")


@router.get(
    "/grids/{code}",
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
    openapi_extra=OPTIONAL_AUTH,
)
def read_grid(
    code: str,
    state: StateDep,
    actor: OptionalActorDep,
    as_of: Annotated[
        str | None,
        Query(
            max_length=40,
            description="Time of the generation and of the people; by default now.",
            examples=["2026-03-01"],
        ),
    ] = None,
) -> GridResponse:
    """Return a grid with its community, street and people (一格多员).

    Users who may read people see names and phone numbers within their bounds. For all others, persons are masked.
    """
    time = parse_timestamp(as_of) if as_of is not None else datetime.now(local_zone())
    snapshot = state.snapshots.current if as_of is None else state.snapshots.at(time)
    owner = snapshot.locator.owners.get(code)
    if owner is None:
        raise NotFoundError("The generation has no grid with this code.", field="code")
    day = time.astimezone(local_zone()).date()
    generation = snapshot.generation
    masked, profile = not may_see_people(actor, owner.lineage), state.rules.profile
    posts = list_people_of_area(state.store, profile, owner.grid.layer, code, day)
    return GridResponse(
        generation=generation.id,
        synthetic=generation.synthetic,
        as_of=day,
        grid=owner.grid,
        community=owner.community,
        street=owner.street,
        people=group_people(profile, posts, masked=masked),
        thematic=_list_thematic_places(state, snapshot, owner.grid, day, masked=masked),
    )


def _list_thematic_places(
    state: AppState, snapshot: Snapshot, grid: Grid, day: date, *, masked: bool
) -> list[ThematicPlace]:
    if not snapshot.themes:
        return []
    frame = snapshot.prepared.frame(grid.layer)
    shape = frame.geometry[frame["code"] == grid.code].iloc[0]
    places = [(index.theme, place) for index in snapshot.themes.values() for place in index.find_in_area(shape)]
    profile = state.rules.profile
    posts = list_people_of_areas(state.store, profile, [(theme.name, place.code) for theme, place in places], day)
    return [
        ThematicPlace(
            layer=theme.name,
            title=theme.title,
            title_en=theme.title_en,
            code=place.code,
            name=place.name,
            people=group_people(profile, posts[theme.name, place.code], masked=masked),
        )
        for theme, place in places
    ]
