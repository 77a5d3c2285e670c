"""The people of grids, lines and areas: list, import. All of it needs a key or a login."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from geogrid.model import Actor, Duty, Permission, Post
from geogrid.people.files import PeopleFormat, read_people_list
from geogrid.services import people as service
from geogrid.services.pages import MAX_PAGE
from geogrid.store.people import PostFilter
from geogrid.tabular.table_rows import Refusal
from geogrid_api.authentication import ActorDep, require
from geogrid_api.dependencies import LAYER, Day, HouseDep, sent_format
from geogrid_api.people_masking import mask_post, sees_whole
from geogrid_api.problems import DOORS, responses

router = APIRouter(prefix="/v1/people", tags=["people 人员"])

_FORMATS = {
    "text/csv": PeopleFormat.CSV,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": PeopleFormat.XLSX,
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_MAX_SHOWN = 1_000
_MAX_NUMBER = 2**63 - 1


class PeopleAnswer(BaseModel):
    """A page of posts, in the order in which they were first imported."""

    items: list[Post]
    next: int | None = Field(description="`after` of the next page, or null.")


class PeopleImportAnswer(BaseModel):
    """What became of a list of people."""

    rows: int
    added: int
    changed: int
    unchanged: int
    ended: int = Field(description="In office, and not named by a list that is complete.")
    ended_posts: list[Post] = Field(description=f"The first {_MAX_SHOWN} of them, each with its new last day.")
    refused: int
    refusals: list[Refusal] = Field(description=f"The first {_MAX_SHOWN} refused rows, each with its reason.")
    unknown_columns: list[int] = Field(description="Columns, from 1, whose header is not known: left alone.")
    committed: bool = Field(description="False for a dry run, and for a complete list with a refused row.")


@router.get("", responses=responses(*DOORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def list_people(
    house: HouseDep,
    actor: ActorDep,
    code: Annotated[str | None, Query(max_length=40, description="Of this area or line.")] = None,
    layer: Annotated[str | None, Query(pattern=LAYER)] = None,
    duty: Duty | None = None,
    day: Annotated[Day | None, Query(alias="on", description="In office on this day; by default of all times.")] = None,
    after: Annotated[int, Query(ge=0, le=_MAX_NUMBER, description="`next` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> PeopleAnswer:
    """List posts; persons are whole to those who may read people, within their bounds."""
    page = service.list_posts(house.store, PostFilter(layer, code, duty, day), after=after, limit=limit)
    return PeopleAnswer(
        items=[post if sees_whole(actor, post.code) else mask_post(post) for post in page.items], next=page.next
    )


@router.post(
    "/import",
    responses=responses(*DOORS, HTTPStatus.UNPROCESSABLE_ENTITY),
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(_FORMATS, _BINARY)}},
)
async def import_people(
    request: Request,
    house: HouseDep,
    actor: Annotated[Actor, require(Permission.PEOPLE_WRITE)],
    sheet: Annotated[str | None, Query(max_length=31, description="Of a workbook; by default the first.")] = None,
    layer: Annotated[str | None, Query(pattern=LAYER, description="Of rows that name none.")] = None,
    complete_from: Annotated[
        Day | None,
        Query(description="Complete for each area it names, from this day on: who is in office and not named, ends."),
    ] = None,
    commit: Annotated[bool, Query(description="False, the default, only reports what would happen.")] = False,  # noqa: FBT002 - a query parameter
) -> PeopleImportAnswer:
    """Import a CSV or XLSX list of people; each bad row is refused by itself, and nothing is deleted."""
    file_format = sent_format(request, _FORMATS)
    content = await request.body()

    def take_in() -> PeopleImportAnswer:
        found = read_people_list(content, file_format, sheet=sheet)
        done = service.import_posts(
            house.store, found.rows, actor, commit=commit, complete_from=complete_from, layer=layer
        )
        return _answer(done, found.unknown_columns)

    return await run_in_threadpool(take_in)


def _answer(done: service.PostImport, unknown_columns: list[int]) -> PeopleImportAnswer:
    return PeopleImportAnswer(
        rows=done.rows,
        added=done.added,
        changed=done.changed,
        unchanged=done.unchanged,
        ended=len(done.ended),
        ended_posts=done.ended[:_MAX_SHOWN],
        refused=len(done.refused),
        refusals=done.refused[:_MAX_SHOWN],
        unknown_columns=unknown_columns[:_MAX_SHOWN],
        committed=done.committed,
    )
