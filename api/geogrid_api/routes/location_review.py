"""Places that a person has to settle, and who answers for a place."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from geogrid.model import Grid, Place, Triage
from geogrid.services import location_review as service
from geogrid.services import responsibility
from geogrid.services.incidents import MAX_PAGE
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import ReaderDep
from geogrid_api.dependencies import IncidentId
from geogrid_api.people_masking import GridPeople, ThematicPlace, group_people, may_see_people
from geogrid_api.problems import AUTH_ERRORS, problem_responses
from geogrid_api.routes.incidents import IncidentPage
from geogrid_api.schemas.incidents import ITEM_ERRORS, make_incident_response

router = APIRouter(prefix="/v1", tags=["triage 待核"])


class CandidateGrid(BaseModel):
    """A grid that an incident may belong to."""

    grid: Grid
    community: Place
    street: Place
    metres: float = Field(description="How far the point is from it; 0 in it and on its border.")
    share: float | None = Field(description="Its share of the disc of the point's accuracy, where that is known.")
    datum: str | None = Field(description="The point lies in it if it was said in this datum, and not in its own.")
    people: int = Field(description="How many grid leaders and workers it had on the day of the report.")


class CandidatesResponse(BaseModel):
    """The grids that an incident may belong to, the likeliest first; the step `place` settles it."""

    triage: Triage | None
    candidates: list[CandidateGrid]


class GridPosts(BaseModel):
    """A grid and its people."""

    layer: str
    code: str
    people: GridPeople


class ResponsibilityResponse(BaseModel):
    """Who answered for the place of an incident on the day that it was reported."""

    department: str | None = Field(description="On call for it now.")
    grids: list[GridPosts] = Field(description="The dedicated grid first, where there is one.")
    thematic: list[ThematicPlace] = Field(description="The lines and areas near it, with their wardens.")


@router.get("/triage", responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def list_triage(
    state: StateDep,
    actor: ReaderDep,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> IncidentPage:
    """List the incidents whose place is not certain, the oldest first: outside, near a border, or in a wrong datum."""
    page = service.list_triage(state.store, actor, cursor=cursor, limit=limit)
    return IncidentPage(items=[make_incident_response(incident) for incident in page.items], next=page.next)


@router.get("/incidents/{number:number}/candidates", responses=ITEM_ERRORS)
def list_candidates(number: IncidentId, state: StateDep, actor: ReaderDep) -> CandidatesResponse:
    """List the grids in force that an incident may belong to."""
    locator = state.snapshots.current.locator
    found = service.list_candidates(state.store, locator, state.rules.triage, actor, number)
    return CandidatesResponse(
        triage=found.triage,
        candidates=[
            CandidateGrid(
                grid=one.owner.grid,
                community=one.owner.community,
                street=one.owner.street,
                metres=one.metres,
                share=one.share,
                datum=one.datum,
                people=found.people[one.owner.grid.code],
            )
            for one in found.possible
        ],
    )


@router.get("/incidents/{number:number}/responsible", responses=ITEM_ERRORS)
def read_responsibility(number: IncidentId, state: StateDep, actor: ReaderDep) -> ResponsibilityResponse:
    """Say who answered for the place of an incident when it was reported: its grids, and the wardens near it.

    Persons are masked to all who may not read people.
    """
    themes = state.snapshots.current.themes
    found = responsibility.read_responsible(state.store, themes, state.rules.triage, actor, number)
    # A line or an area near by is in nobody's bounds by its code: it goes with the grid that answers.
    responsible = found.incident.placement.responsible_code or ""

    def people(layer: str, code: str, within: str) -> GridPeople:
        posts = (post for post in found.posts if (post.layer, post.code) == (layer, code))
        return group_people(posts, masked=not may_see_people(actor, within))

    return ResponsibilityResponse(
        department=found.incident.progress.department,
        grids=[GridPosts(layer=layer, code=code, people=people(layer, code, code)) for layer, code in found.near.grids],
        thematic=[
            ThematicPlace(
                layer=layer,
                title=themes[layer].theme.title,
                title_en=themes[layer].theme.title_en,
                code=code,
                name=name,
                people=people(layer, code, responsible),
            )
            for layer, code, name in found.near.themes
        ],
    )
