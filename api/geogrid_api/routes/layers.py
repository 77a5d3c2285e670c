"""Categories, layers, grids."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from geogrid.errors import NotFoundError
from geogrid.model import Category, Generation, Grid, Place, Theme
from geogrid.services.layers import GenerationRecord, list_generations
from geogrid_api.deps import HouseDep, LayerName, SnapshotDep
from geogrid_api.problems import responses

router = APIRouter(prefix="/v1", tags=["layers 图层"])


class GridAnswer(BaseModel):
    """A grid with all that it belongs to."""

    generation: int
    synthetic: bool
    grid: Grid
    community: Place
    street: Place


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


@router.get("/grids/{code}", responses=responses(HTTPStatus.NOT_FOUND))
def grid(code: str, snapshot: SnapshotDep) -> GridAnswer:
    """Say what a grid is and belongs to."""
    owner = snapshot.locator.owners.get(code)
    if owner is None:
        raise NotFoundError("There is no grid of this code in the generation in force.", field="code")
    generation = snapshot.generation
    return GridAnswer(
        generation=generation.id,
        synthetic=generation.synthetic,
        grid=owner.grid,
        community=owner.community,
        street=owner.street,
    )
