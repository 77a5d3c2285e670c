"""Routes that list and import the people of grids and thematic features."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from geogrid.model import Actor, Permission, Post
from geogrid.people.people_columns import PEOPLE_COLUMNS
from geogrid.services import people as service
from geogrid.services.filter_value_check import check_choice
from geogrid.services.import_mappings import ListKind
from geogrid.services.pagination import MAX_PAGE
from geogrid.store.people import PostFilter
from geogrid.tabular.row_model import LeftOutRow, Refusal
from geogrid.tabular.table_reader import Table, TabularFormat, read_table
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import ActorDep, require_permission
from geogrid_api.dependencies import LAYER, Day, get_upload_format
from geogrid_api.people_masking import mask_unless_permitted
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses
from geogrid_api.schemas.vocabulary import VocabularyText
from geogrid_api.upload_options import XLSX_MEDIA_TYPE, UploadMapping, UploadSheet, read_upload_options

router = APIRouter(prefix="/v1/people", tags=["people 人员"])

_FORMATS = {
    "text/csv": TabularFormat.CSV,
    XLSX_MEDIA_TYPE: TabularFormat.XLSX,
    "application/vnd.apache.parquet": TabularFormat.PARQUET,
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_MAX_SHOWN = 1_000
_MAX_NUMBER = 2**63 - 1


class PostPageResponse(BaseModel):
    """A page of posts, by id."""

    items: list[Post]
    next: int | None = Field(description="`after` of the next page; null on the last page.")


class PeopleImportResponse(BaseModel):
    """Result of the import of a list of people."""

    rows: int
    added: int
    changed: int
    unchanged: int
    ended: int = Field(description="Posts in office that a complete list does not contain; the import ends them.")
    ended_posts: list[Post] = Field(description=f"The first {_MAX_SHOWN} ended posts, with their new last day.")
    refused: int
    refusals: list[Refusal] = Field(description=f"The first {_MAX_SHOWN} refused rows, with the reason.")
    left_out: list[LeftOutRow] = Field(description="Rows that are no records, such as notes below the list.")
    unknown_columns: list[int] = Field(description="Columns with an unknown header, from 1; they are ignored.")
    committed: bool = Field(
        description="Whether the list was imported: false for a dry run, and for a complete list with a refused row."
    )


@router.get("", responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def list_people(
    state: StateDep,
    actor: ActorDep,
    code: Annotated[str | None, Query(max_length=40, description="Code of the area or thematic feature.")] = None,
    layer: Annotated[str | None, Query(pattern=LAYER)] = None,
    duty: Annotated[VocabularyText | None, Query(description="Code of a duty, see GET /v1/vocabulary.")] = None,
    day: Annotated[Day | None, Query(alias="on", description="Day in office; by default all days.")] = None,
    after: Annotated[int, Query(ge=0, le=_MAX_NUMBER, description="`next` of the previous page.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> PostPageResponse:
    """List posts. Persons are masked unless you may read people of the area."""
    profile, tree = state.rules.profile, state.snapshots.current.tree
    if duty is not None:
        check_choice("duty", duty, list(profile.duties))
    page = service.list_posts(state.store, PostFilter(layer, code, duty, day), after=after, limit=limit)
    return PostPageResponse(
        items=[mask_unless_permitted(actor, post, tree, profile) for post in page.items], next=page.next
    )


@router.post(
    "/import",
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY),
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(_FORMATS, _BINARY)}},
)
async def import_people(
    request: Request,
    state: StateDep,
    actor: Annotated[Actor, require_permission(Permission.PEOPLE_WRITE)],
    sheet: UploadSheet = None,
    mapping: UploadMapping = None,
    layer: Annotated[str | None, Query(pattern=LAYER, description="Layer of rows without one.")] = None,
    complete_from: Annotated[
        Day | None,
        Query(description="Day from which the list is complete for its areas; posts missing in it end."),
    ] = None,
    commit: Annotated[bool, Query(description="Import the list; without it the request is a dry run.")] = False,  # noqa: FBT002 - a query parameter
) -> PeopleImportResponse:
    """Import a CSV, XLSX or Parquet list of people. Invalid rows are refused one by one; no post is deleted."""
    file_format = get_upload_format(request, _FORMATS)
    content = await request.body()

    def run() -> PeopleImportResponse:
        options = read_upload_options(state.store, ListKind.PEOPLE, sheet, mapping)
        table = read_table(content, file_format, PEOPLE_COLUMNS, options)
        result = service.import_posts(
            state.store,
            list(table.rows),
            actor,
            state.rules.profile,
            commit=commit,
            complete_from=complete_from,
            layer=layer,
        )
        return _make_response(result, table)

    return await run_in_threadpool(run)


def _make_response(result: service.PostImport, table: Table) -> PeopleImportResponse:
    return PeopleImportResponse(
        rows=result.rows,
        added=result.added,
        changed=result.changed,
        unchanged=result.unchanged,
        ended=len(result.ended),
        ended_posts=result.ended[:_MAX_SHOWN],
        refused=len(result.refused),
        refusals=result.refused[:_MAX_SHOWN],
        unknown_columns=table.unknown_columns[:_MAX_SHOWN],
        left_out=table.left_out[:_MAX_SHOWN],
        committed=result.committed,
    )
