"""Incidents: report, read, list, import."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from geogrid.incidents.checking import MAX_DESCRIPTION, MAX_EXTERNAL_ID
from geogrid.incidents.filters import LOCAL
from geogrid.incidents.reading import FileFormat, read_rows
from geogrid.locate.suspicion import DatumSuspicion
from geogrid.model import Incident, IncidentStatus, Layer, LocateStatus, Point, Report, Source
from geogrid.privacy import mask_personal
from geogrid.services import incidents as service
from geogrid.tabular.rows import Refusal
from geogrid_api.deps import FilterDep, House, HouseDep, KeyRequired, named_datum, sent_format
from geogrid_api.problems import FIGURES_REFUSE, responses

router = APIRouter(prefix="/v1/incidents", tags=["incidents 事件"], dependencies=[KeyRequired])

_FORMATS = {
    "text/csv": FileFormat.CSV,
    "application/geo+json": FileFormat.GEOJSON,
    "application/vnd.apache.parquet": FileFormat.PARQUET,
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_MAX_SHOWN = 1_000
# The body is parsed before the key is asked for, so a stranger may send one: it must cost nothing.
_MAX_REPORT_BYTES = 64_000


def _text_only(value: object) -> object:
    """Let no number pass for a time: pydantic would take it for seconds since 1970."""
    if not isinstance(value, str):
        raise ValueError("A time is text, such as 2022-01-31T08:30:00+08:00.")  # noqa: TRY004 - pydantic's contract
    return value


class ReportBody(BaseModel):
    """A report of a problem."""

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[float, Strict(), Field(description="Longitude or easting.", examples=[113.3058])]
    lat: Annotated[float, Strict(), Field(description="Latitude or northing.", examples=[40.0912])]
    datum: Annotated[str | None, Field(max_length=40, examples=["gcj02"])] = None
    category: Annotated[str, Field(max_length=20, examples=["Z06"])]
    source: Source = Source.RESIDENT
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION)] = ""
    reported_at: Annotated[
        Annotated[AwareDatetime, BeforeValidator(_text_only)] | None,
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


class IncidentAnswer(BaseModel):
    """An incident: what was reported, and the grids that answer for it."""

    id: int
    status: IncidentStatus
    reported_at: datetime
    handled_at: datetime | None
    category: str
    source: Source
    description: str = Field(description="Telephone and identity numbers are masked.")
    external_id: str | None
    claimed_grid: str | None = Field(description="The grid that the reporter named; it decides nothing.")
    synthetic: bool = Field(description="Made up (合成示意).")
    point: Point = Field(description="As given, in `datum`.")
    datum: str
    wgs84: Point
    locate_status: LocateStatus
    generation: int = Field(description="The generation of layers that assigned the grids.")
    base_code: str | None
    base_layer: Layer | None
    dedicated_code: str | None
    community_code: str | None
    street_code: str | None


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
    suspicions: list[DatumSuspicion] = Field(
        description="Datums under which far fewer points lie in the grids that their rows claim than under another one."
    )
    committed: bool = Field(description="False for a dry run, and where a datum is suspected and not accepted.")


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_REPORT_BYTES,
    responses=responses(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def report_incident(body: ReportBody, house: HouseDep, response: Response) -> IncidentAnswer:
    """Report an incident; it gets its grids at once.

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
    )
    incident = service.report_incident(house.store, house.snapshots.current.locator, house.categories, report)
    response.headers["Location"] = f"/v1/incidents/{incident.id}"
    return _answer(incident)


@router.get("", responses=responses(HTTPStatus.UNAUTHORIZED, *FIGURES_REFUSE))
def list_incidents(
    house: HouseDep,
    chosen: FilterDep,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 100,
) -> PageAnswer:
    """List incidents, newest first, in pages that stay whole while new ones come in.

    With `as_of` each shows the grids, and the generation, that the layers of that moment give it.
    """
    page = service.list_incidents(house.store, chosen, cursor=cursor, limit=limit)
    return PageAnswer(items=[_answer(incident) for incident in page.items], next=page.next)


@router.get(
    "/{number:number}",
    responses=responses(HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def read_incident(number: Annotated[int, Path(ge=1, le=service.MAX_NUMBER)], house: HouseDep) -> IncidentAnswer:
    """Read one incident."""
    return _answer(service.read_incident(house.store, number))


@router.post(
    "/import",
    responses=responses(HTTPStatus.UNAUTHORIZED, HTTPStatus.UNPROCESSABLE_ENTITY),
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(_FORMATS, _BINARY)}},
)
async def import_incidents(
    request: Request,
    house: HouseDep,
    datum: Annotated[str | None, Query(max_length=40, description="Of rows that name none.")] = None,
    commit: Annotated[bool, Query(description="False, the default, only reports what would happen.")] = False,  # noqa: FBT002 - a query parameter
    accept_datum: Annotated[bool, Query(description="Keep rows although their datum is suspected.")] = False,  # noqa: FBT002 - a query parameter
) -> ImportAnswer:
    """Import a CSV, GeoJSON or Parquet file; each bad row is refused by itself."""
    file_format = sent_format(request, _FORMATS)
    content = await request.body()
    return await run_in_threadpool(
        _import, house, content, file_format, datum, commit=commit, accept_datum=accept_datum
    )


def _import(
    house: House,
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
        house.categories,
        rows,
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


def _answer(incident: Incident) -> IncidentAnswer:
    report, placement = incident.report, incident.placement
    return IncidentAnswer(
        id=incident.id,
        status=report.status,
        reported_at=report.reported_at.astimezone(LOCAL),
        handled_at=report.handled_at and report.handled_at.astimezone(LOCAL),
        category=report.category,
        source=report.source,
        description=mask_personal(report.description),
        external_id=report.external_id,
        claimed_grid=report.claimed_grid,
        synthetic=report.synthetic,
        point=report.point,
        datum=report.datum,
        wgs84=placement.wgs84,
        locate_status=placement.locate_status,
        generation=placement.generation,
        base_code=placement.base_code,
        base_layer=placement.base_layer,
        dedicated_code=placement.dedicated_code,
        community_code=placement.community_code,
        street_code=placement.street_code,
    )
