"""Review of uncertain locations, and the people responsible for a location."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from geogrid.model import Grid, Place
from geogrid.services import location_review as service
from geogrid.services import responsibility
from geogrid.services.pagination import MAX_PAGE
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import ReaderDep
from geogrid_api.dependencies import RecordId
from geogrid_api.people_masking import GridPeople, ThematicPlace, group_people, may_see_people
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses
from geogrid_api.routes.incidents import IncidentPage
from geogrid_api.schemas.incidents import ITEM_ERRORS, TriageResponse, make_incident_response, make_triage_response

router = APIRouter(prefix="/v1", tags=["triage 待核"])


class CandidateResponse(BaseModel):
    """A grid that an incident may belong to."""

    grid: Grid
    community: Place | None = Field(description="Null if the grid is in no community.")
    street: Place | None
    metres: float = Field(description="Distance of the point in metres; 0 inside the grid and on its border.")
    share: float | None = Field(
        description="Share of the accuracy circle inside the grid; null if the accuracy is unknown."
    )
    datum: str | None = Field(
        description="Datum in which the point would lie in the grid, if it differs from the reported datum."
    )
    people: int = Field(description="Number of grid leaders and workers on the day of the report.")


class CandidatesResponse(BaseModel):
    """The grids that an incident may belong to, best match first. The step `place` selects a grid."""

    triage: TriageResponse | None
    candidates: list[CandidateResponse]


class ReviewCountsResponse(BaseModel):
    """Numbers of incidents within your bounds whose location is in doubt."""

    blocking: int = Field(description="The doubt blocks filing and dispatch.")
    hints: int = Field(description="The doubt is a hint.")


class TriagePage(IncidentPage):
    """A page of incidents whose location is in doubt."""

    counts: ReviewCountsResponse


class GridPosts(BaseModel):
    """A grid with its people."""

    layer: str
    code: str
    people: GridPeople


class ResponsibilityResponse(BaseModel):
    """The people responsible for the location of an incident on the day of the report."""

    department: str | None = Field(description="Department that handles the incident now.")
    grids: list[GridPosts] = Field(description="Grids of the location, a dedicated grid first.")
    thematic: list[ThematicPlace] = Field(description="Thematic features near the location, with their wardens.")


@router.get("/triage", responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def list_triage(
    state: StateDep,
    actor: ReaderDep,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the previous page.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> TriagePage:
    """List incidents with an uncertain location, oldest first: outside, near a border or suspected datum."""
    result = service.list_triage(state.store, actor, cursor=cursor, limit=limit)
    return TriagePage(
        items=[make_incident_response(incident) for incident in result.page.items],
        next=result.page.next,
        counts=ReviewCountsResponse(blocking=result.counts.blocking, hints=result.counts.hints),
    )


@router.get("/incidents/{incident_id:id}/candidates", responses=ITEM_ERRORS)
def list_candidates(incident_id: RecordId, state: StateDep, actor: ReaderDep) -> CandidatesResponse:
    """List the grids of the active generation that an incident may belong to."""
    locator = state.snapshots.current.locator
    result = service.list_candidates(state.store, locator, state.rules, actor, incident_id)
    return CandidatesResponse(
        triage=make_triage_response(result.triage, blocks=result.blocks),
        candidates=[
            CandidateResponse(
                grid=candidate.owner.grid,
                community=candidate.owner.community,
                street=candidate.owner.street,
                metres=candidate.metres,
                share=candidate.share,
                datum=candidate.datum,
                people=result.people[candidate.owner.grid.code],
            )
            for candidate in result.possible
        ],
    )


@router.get("/incidents/{incident_id:id}/responsible", responses=ITEM_ERRORS)
def read_responsibility(incident_id: RecordId, state: StateDep, actor: ReaderDep) -> ResponsibilityResponse:
    """Return the people of the grids of an incident on the day of its report, and the wardens of nearby features.

    Persons are masked for users who may not read people.
    """
    snapshot = state.snapshots.current
    result = responsibility.read_responsible_posts(state.store, snapshot.themes, state.rules.triage, actor, incident_id)
    # Bounds contain no codes of thematic features, so the responsible grid decides.
    placement = result.incident.placement
    own_lineage = (placement.responsible_code, placement.community_code, placement.street_code)

    def people(layer: str, code: str, lineage: Iterable[str | None]) -> GridPeople:
        posts = (post for post in result.posts if (post.layer, post.code) == (layer, code))
        return group_people(state.rules.profile, posts, masked=not may_see_people(actor, lineage))

    return ResponsibilityResponse(
        department=result.incident.progress.department,
        grids=[
            GridPosts(layer=layer, code=code, people=people(layer, code, snapshot.tree.lineage(code)))
            for layer, code in result.near.grids
        ],
        thematic=[
            ThematicPlace(
                layer=layer,
                title=snapshot.themes[layer].theme.title,
                title_en=snapshot.themes[layer].theme.title_en,
                code=code,
                name=name,
                people=people(layer, code, own_lineage),
            )
            for layer, code, name in result.near.themes
        ],
    )
