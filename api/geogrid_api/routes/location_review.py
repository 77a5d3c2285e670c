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
from geogrid_api.dependencies import IncidentNumber
from geogrid_api.people_masking import GridPeople, ThematicPlace, grid_people, sees_whole
from geogrid_api.problems import DOORS, responses
from geogrid_api.routes.incidents import PageAnswer
from geogrid_api.schemas.incidents import READ_ONE, incident_answer

router = APIRouter(prefix="/v1", tags=["triage 待核"])


class PossibleGrid(BaseModel):
    """A grid that an incident may belong to."""

    grid: Grid
    community: Place
    street: Place
    metres: float = Field(description="How far the point is from it; 0 in it and on its border.")
    share: float | None = Field(description="Its share of the disc of the point's accuracy, where that is known.")
    datum: str | None = Field(description="The point lies in it if it was said in this datum, and not in its own.")
    people: int = Field(description="How many grid leaders and workers it had on the day of the report.")


class CandidatesAnswer(BaseModel):
    """The grids that an incident may belong to, the likeliest first; the step `place` settles it."""

    triage: Triage | None
    candidates: list[PossibleGrid]


class GridDuty(BaseModel):
    """A grid and its people."""

    layer: str
    code: str
    people: GridPeople


class ResponsibleAnswer(BaseModel):
    """Who answered for the place of an incident on the day that it was reported."""

    department: str | None = Field(description="On call for it now.")
    grids: list[GridDuty] = Field(description="The dedicated grid first, where there is one.")
    thematic: list[ThematicPlace] = Field(description="The lines and areas near it, with their wardens.")


@router.get("/triage", responses=responses(*DOORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def list_triage(
    state: StateDep,
    actor: ReaderDep,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> PageAnswer:
    """List the incidents whose place is not certain, the oldest first: outside, near a border, or in a wrong datum."""
    page = service.list_triage(state.store, actor, cursor=cursor, limit=limit)
    return PageAnswer(items=[incident_answer(incident) for incident in page.items], next=page.next)


@router.get("/incidents/{number:number}/candidates", responses=READ_ONE)
def list_candidates(number: IncidentNumber, state: StateDep, actor: ReaderDep) -> CandidatesAnswer:
    """List the grids in force that an incident may belong to."""
    locator = state.snapshots.current.locator
    found = service.list_candidates(state.store, locator, state.rules.triage, actor, number)
    return CandidatesAnswer(
        triage=found.triage,
        candidates=[
            PossibleGrid(
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


@router.get("/incidents/{number:number}/responsible", responses=READ_ONE)
def read_responsible(number: IncidentNumber, state: StateDep, actor: ReaderDep) -> ResponsibleAnswer:
    """Say who answered for the place of an incident when it was reported: its grids, and the wardens near it.

    Persons are masked to all who may not read people.
    """
    themes = state.snapshots.current.themes
    found = responsibility.read_responsible(state.store, themes, state.rules.triage, actor, number)
    # A line or an area near by is in nobody's bounds by its code: it goes with the grid that answers.
    responsible = found.incident.placement.responsible_code or ""

    def people(layer: str, code: str, within: str) -> GridPeople:
        posts = (post for post in found.posts if (post.layer, post.code) == (layer, code))
        return grid_people(posts, masked=not sees_whole(actor, within))

    return ResponsibleAnswer(
        department=found.incident.progress.department,
        grids=[GridDuty(layer=layer, code=code, people=people(layer, code, code)) for layer, code in found.near.grids],
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
