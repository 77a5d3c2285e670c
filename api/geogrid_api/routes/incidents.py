"""Incidents: report, read, list, import."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from geogrid.incidents.files import FileFormat, read_rows
from geogrid.incidents.validation import MAX_DESCRIPTION, MAX_EXTERNAL_ID
from geogrid.local_time import parse_timestamp
from geogrid.locate.datum_check import DatumMismatch
from geogrid.model import Actor, IncidentSource, Permission, Point, Report
from geogrid.services import duplicates
from geogrid.services import incidents as service
from geogrid.services.duplicates import final_incident
from geogrid.services.idempotency import Once
from geogrid.tabular.table_rows import Refusal
from geogrid_api.authentication import ReaderDep, require
from geogrid_api.conditional_headers import OnceDep
from geogrid_api.dependencies import (
    CODE,
    AppState,
    DatumDep,
    FilterDep,
    HouseDep,
    IncidentNumber,
    named_datum,
    sent_format,
    text_only,
)
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_api.routes.locate import Latitude, Longitude
from geogrid_api.schemas.incidents import (
    READ_ONE,
    DuplicateAnswer,
    IncidentAnswer,
    OneIncidentAnswer,
    ReceiptAnswer,
    duplicate_answers,
    etag,
    incident_answer,
    receipt_answer,
)

router = APIRouter(prefix="/v1", tags=["incidents 事件"])

ReporterDep = Annotated[Actor, require(Permission.INCIDENTS_REPORT)]
ImporterDep = Annotated[Actor, require(Permission.INCIDENTS_IMPORT)]

_FORMATS = {
    "text/csv": FileFormat.CSV,
    "application/geo+json": FileFormat.GEOJSON,
    "application/vnd.apache.parquet": FileFormat.PARQUET,
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_MAX_SHOWN = 1_000
# The body is parsed before the key is asked for, so a stranger may send one: it must cost nothing.
_MAX_REPORT_BYTES = 64_000


class ReportBody(BaseModel):
    """A report of a problem."""

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[float, Strict(), Field(description="Longitude or easting.", examples=[113.3058])]
    lat: Annotated[float, Strict(), Field(description="Latitude or northing.", examples=[40.0912])]
    datum: Annotated[str | None, Field(max_length=40, examples=["gcj02"])] = None
    accuracy_m: Annotated[
        Annotated[float, Strict()] | None,
        Field(ge=0, le=100_000, description="How far off the point may be."),
    ] = None
    claimed_grid: Annotated[
        str | None,
        Field(
            pattern=CODE,
            description="The grid, community or street that the reporter names; it decides nothing, but tells a wrong "
            "datum.",
        ),
    ] = None
    category: Annotated[str, Field(max_length=20, examples=["Z06"])]
    source: IncidentSource = IncidentSource.RESIDENT
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION)] = ""
    reported_at: Annotated[
        Annotated[AwareDatetime, BeforeValidator(text_only)] | None,
        Field(description="With its offset; by default now.", examples=["2022-01-31T08:30:00+08:00"]),
    ] = None
    external_id: Annotated[
        str | None,
        Field(
            max_length=MAX_EXTERNAL_ID,
            pattern=r"^\S(.*\S)?$",
            description="The source's own number, without spaces around it.",
        ),
    ] = None


class PageAnswer(BaseModel):
    """A page of incidents, newest first."""

    items: list[IncidentAnswer]
    next: str | None = Field(description="The cursor of the next page, or null.")


class ImportAnswer(BaseModel):
    """What became of a file."""

    rows: int
    accepted: int
    outside: int = Field(description="Of the accepted, how many lie outside the district.")
    refused: int
    refusals: list[Refusal] = Field(description=f"The first {_MAX_SHOWN} refused rows, each with its reason.")
    suspicions: list[DatumMismatch] = Field(
        description="Datums under which far fewer points lie in the grids that their rows claim than under another one."
    )
    committed: bool = Field(description="False for a dry run, and where a datum is suspected and not accepted.")


@router.post(
    "/incidents",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_REPORT_BYTES,
    responses=responses(*DOORS, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def report_incident(
    body: ReportBody, house: HouseDep, actor: ReporterDep, once: OnceDep, response: Response
) -> ReceiptAnswer:
    """Report an incident; it gets its grids at once, and is told what it may be a duplicate of.

    A point outside the district is kept as well, with no grid: somebody has to look at it.
    """
    report = Report(
        reported_at=body.reported_at or datetime.now(UTC),
        category=body.category,
        source=body.source,
        point=Point(body.lon, body.lat),
        datum=named_datum(body.datum, house.settings),
        description=body.description,
        external_id=body.external_id,
        accuracy_m=body.accuracy_m,
        claimed_grid=body.claimed_grid,
    )
    snapshot = house.snapshots.current
    receipt = service.receive_report(
        house.store,
        snapshot.locator,
        house.rules,
        report,
        actor,
        themes=snapshot.themes,
        once=Once(once.key, once.fingerprint, lambda kept: _receipt(kept).model_dump_json()) if once else None,
    )
    response.headers["Location"] = f"/v1/incidents/{receipt.incident.id}"
    response.headers["ETag"] = etag(receipt.incident)
    return _receipt(receipt)


def _receipt(receipt: service.Receipt) -> ReceiptAnswer:
    return receipt_answer(receipt.incident, receipt.duplicates)


@router.get(
    "/incidents",
    responses=responses(*DOORS, *FIGURES_REFUSE),
    dependencies=[require(Permission.INCIDENTS_READ)],
)
def list_incidents(
    house: HouseDep,
    chosen: FilterDep,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 100,
) -> PageAnswer:
    """List the incidents within your bounds, newest first, in pages that stay whole while new ones come in.

    With `as_of` each shows the grids, and the generation, that the layers of that moment give it.
    """
    page = service.list_incidents(house.store, chosen, cursor=cursor, limit=limit)
    return PageAnswer(items=[incident_answer(incident) for incident in page.items], next=page.next)


@router.get(
    "/incidents/{number:number}",
    responses=READ_ONE,
)
def read_incident(number: IncidentNumber, house: HouseDep, actor: ReaderDep, response: Response) -> OneIncidentAnswer:
    """Read one incident; its ETag is what a step asks for in If-Match."""
    incident = service.read_incident(house.store, actor, number)
    response.headers["ETag"] = etag(incident)
    return OneIncidentAnswer(
        **incident_answer(incident).model_dump(), merged_finally=final_incident(house.store, incident)
    )


@router.post(
    "/incidents/import",
    responses=responses(*DOORS, HTTPStatus.UNPROCESSABLE_ENTITY),
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(_FORMATS, _BINARY)}},
)
async def import_incidents(
    request: Request,
    house: HouseDep,
    actor: ImporterDep,
    datum: Annotated[str | None, Query(max_length=40, description="Of rows that name none.")] = None,
    commit: Annotated[bool, Query(description="False, the default, only reports what would happen.")] = False,  # noqa: FBT002 - a query parameter
    accept_datum: Annotated[bool, Query(description="Keep rows although their datum is suspected.")] = False,  # noqa: FBT002 - a query parameter
) -> ImportAnswer:
    """Import a CSV, GeoJSON or Parquet file; each bad row is refused by itself."""
    file_format = sent_format(request, _FORMATS)
    content = await request.body()
    return await run_in_threadpool(
        _import, house, actor, content, file_format, datum, commit=commit, accept_datum=accept_datum
    )


def _import(
    house: AppState,
    actor: Actor,
    content: bytes,
    file_format: FileFormat,
    datum: str | None,
    *,
    commit: bool,
    accept_datum: bool,
) -> ImportAnswer:
    default = named_datum(datum, house.settings) if datum or house.settings.default_datum else None
    rows = read_rows(content, file_format)
    done = service.import_incidents(
        house.store,
        house.snapshots.current.locator,
        house.rules,
        rows,
        actor,
        datum=default,
        commit=commit,
        accept_datum=accept_datum,
    )
    return ImportAnswer(
        rows=done.rows,
        accepted=done.accepted,
        outside=done.outside,
        refused=len(done.refused),
        refusals=done.refused[:_MAX_SHOWN],
        suspicions=done.suspicions,
        committed=done.committed,
    )


@router.get("/incidents/{number:number}/duplicates", responses=READ_ONE)
def list_duplicates(number: IncidentNumber, house: HouseDep, actor: ReaderDep) -> list[DuplicateAnswer]:
    """List what an incident may be a duplicate of, the likeliest first; the step `merge` makes it one."""
    return duplicate_answers(duplicates.duplicates_of(house.store, house.rules, actor, number))


@router.get("/duplicates", responses=responses(*DOORS))
def find_duplicates(
    house: HouseDep,
    actor: ReaderDep,
    datum: DatumDep,
    lon: Longitude,
    lat: Latitude,
    category: Annotated[str, Query(max_length=20, examples=["Z06"])],
    moment: Annotated[
        str | None, Query(alias="at", max_length=40, description="When it was seen; by default now.")
    ] = None,
    description: Annotated[str, Query(max_length=MAX_DESCRIPTION)] = "",
) -> list[DuplicateAnswer]:
    """Look, before a report is made, for incidents that it would be a duplicate of, the likeliest first."""
    seen = parse_timestamp(moment) if moment else datetime.now(UTC)
    return duplicate_answers(
        duplicates.find_duplicates(house.store, house.rules, actor, Point(lon, lat), datum, category, seen, description)
    )
