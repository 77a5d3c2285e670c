"""The ledger: problems at inspected sites, written down, put right, and struck off with evidence."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from geogrid.constants import MAX_ID
from geogrid.errors import InputError
from geogrid.incidents.validation import MAX_DESCRIPTION
from geogrid.ledger.evidence import MAX_EVIDENCE_BYTES, PDF
from geogrid.ledger.transitions import LedgerStepRequest, allowed_transitions
from geogrid.model import Duty, EntryState, Incident, LedgerEntry, Permission, SiteProblem
from geogrid.permissions import has_permission
from geogrid.rules.ledger import LedgerRequiredInput, LedgerState, LedgerTransition, load_ledger_rules
from geogrid.services import ledger as service
from geogrid.services.idempotency import Once
from geogrid.services.pages import MAX_PAGE
from geogrid.workflow import MAX_NOTE
from geogrid_api.authentication import LedgerReaderDep, LedgerWriterDep
from geogrid_api.conditional_headers import OnceDep, VersionDep
from geogrid_api.dependencies import HouseDep, text_only
from geogrid_api.problems import DOORS, responses
from geogrid_api.schemas.incidents import READ_ONE
from geogrid_api.schemas.ledger import (
    After,
    EntryAnswer,
    EntryStepAnswer,
    EvidenceAnswer,
    LedgerFilterDep,
    entry_answer,
    evidence_answer,
    step_answer,
)

router = APIRouter(prefix="/v1/ledger", tags=["ledger 台账"])

_MAX_BYTES = 64_000
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_MEDIA = (PDF, "image/jpeg", "image/png", "image/webp")
_Number = Annotated[StrictInt, Field(ge=1, le=MAX_ID)]
_Moment = Annotated[AwareDatetime, BeforeValidator(text_only)]
_EntryNumber = Annotated[int, Path(ge=1, le=MAX_ID)]


class LedgerPage(BaseModel):
    """A page of the ledger, in the order of its numbers."""

    items: list[EntryAnswer]
    next: int | None = Field(description="`after` of the next page, or null.")


class ProblemBody(BaseModel):
    """A problem that was found at a site."""

    model_config = ConfigDict(extra="forbid")

    site: _Number
    round: _Number
    category: Annotated[str, Field(max_length=20, examples=["Z06"])]
    description: Annotated[str, Field(min_length=1, max_length=MAX_DESCRIPTION)]
    found_at: Annotated[_Moment, Field(examples=["2026-03-01T08:30:00+08:00"])]
    department: Annotated[str | None, Field(max_length=100, description="By default that of the category.")] = None
    duty: Duty = Duty.LEADER
    due_at: Annotated[_Moment | None, Field(description="By default the term of the category.")] = None
    incident: Annotated[_Number | None, Field(description="The incident that it is handled as.")] = None


class LedgerStepBody(BaseModel):
    """A step to take."""

    model_config = ConfigDict(extra="forbid")

    action: Annotated[str, Field(max_length=40, examples=["rectify"])]
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""
    department: Annotated[str | None, Field(max_length=100)] = None
    evidence: Annotated[list[_Number], Field(max_length=service.MAX_EVIDENCE)] = []


class LedgerStep(BaseModel):
    """A step that can be taken now."""

    action: str
    name: str
    name_en: str
    to: EntryState
    needs: list[LedgerRequiredInput]


class EntryTimelineAnswer(BaseModel):
    """An entry, what was done about it, the evidence, and what the caller may do now."""

    entry: EntryAnswer
    steps: list[EntryStepAnswer]
    evidence: list[EvidenceAnswer]
    transitions: list[LedgerStep]


class LedgerRulesAnswer(BaseModel):
    """The states and steps in use, and in how many days a problem is to be put right."""

    states: list[LedgerState]
    transitions: list[LedgerTransition]
    term_days: int
    terms: dict[str, int]


@router.get("", responses=responses(*DOORS))
def list_entries(
    house: HouseDep,
    actor: LedgerReaderDep,
    chosen: LedgerFilterDep,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> LedgerPage:
    """List entries by area, period, round, category, department and state."""
    page = service.list_entries(house.store, actor, chosen, after=after, limit=limit)
    return LedgerPage(items=[entry_answer(entry) for entry in page.items], next=page.next)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_BYTES,
    responses=responses(*DOORS, HTTPStatus.NOT_FOUND),
)
def record_problem(
    body: ProblemBody, house: HouseDep, actor: LedgerWriterDep, once: OnceDep, response: Response
) -> EntryAnswer:
    """Write a problem down; it gets its number."""
    categories, rules = house.rules.categories, load_ledger_rules()
    category = categories.get(body.category)
    problem = SiteProblem(
        site=body.site,
        round=body.round,
        category=body.category,
        found_at=body.found_at,
        description=body.description,
        department=body.department or (category.department if category else ""),
        due_at=body.due_at or _due(body.found_at, body.category),
        duty=body.duty,
        incident=body.incident,
    )
    entry = service.record_problem(house.store, rules, categories, problem, actor, once=_told_once(once))
    response.headers["Location"] = f"/v1/ledger/{entry.id}"
    response.headers["ETag"] = f'"{entry.progress.version}"'
    return entry_answer(entry)


def _told_once(once: Once[Incident] | None) -> Once[LedgerEntry] | None:
    """Return the same request, answered with an entry."""
    return Once(once.key, once.fingerprint, lambda entry: entry_answer(entry).model_dump_json()) if once else None


def _due(found_at: datetime, category: str) -> datetime:
    try:
        return found_at + load_ledger_rules().term(category)
    except OverflowError as error:
        raise InputError("The time lies past the calendar.", code="time", field="found_at") from error


@router.get("/rules", responses=responses(*DOORS))
def read_rules(_actor: LedgerReaderDep) -> LedgerRulesAnswer:
    """Read the rules: the states, and the steps with who may take them and what they need."""
    rules = load_ledger_rules()
    return LedgerRulesAnswer(
        states=list(rules.states.values()),
        transitions=list(rules.transitions.values()),
        term_days=rules.term_days,
        terms=dict(rules.terms),
    )


@router.get("/{number:number}", responses=READ_ONE)
def read_entry(
    number: _EntryNumber, house: HouseDep, actor: LedgerReaderDep, response: Response
) -> EntryTimelineAnswer:
    """Read an entry with what was done about it; its ETag is what a step asks for in If-Match."""
    found = service.read_entry(house.store, actor, number)
    progress, whole = found.entry.progress, has_permission(actor, Permission.PEOPLE_READ)
    response.headers["ETag"] = f'"{progress.version}"'
    return EntryTimelineAnswer(
        entry=entry_answer(found.entry),
        steps=[step_answer(step, whole=whole) for step in found.steps],
        evidence=[evidence_answer(record) for record in found.evidence],
        transitions=[
            LedgerStep(
                action=step.action,
                name=step.name,
                name_en=step.name_en,
                to=step.to or progress.state,
                needs=list(step.needs),
            )
            for step in allowed_transitions(progress, actor, load_ledger_rules())
        ],
    )


@router.post(
    "/{number:number}/steps",
    max_body_size=_MAX_BYTES,
    responses=READ_ONE
    | responses(HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED),
)
def take_step(
    number: _EntryNumber,
    body: LedgerStepBody,
    house: HouseDep,
    actor: LedgerReaderDep,
    version: VersionDep,
    once: OnceDep,
    response: Response,
) -> EntryAnswer:
    """Take an entry one step on; what is not allowed where it stands answers 409 and names what is."""
    wish = LedgerStepRequest(body.action, body.note, body.department, tuple(body.evidence))
    entry = service.take_entry_step(
        house.store,
        load_ledger_rules(),
        house.rules.departments,
        actor,
        number,
        wish,
        version=version,
        once=_told_once(once),
    )
    response.headers["ETag"] = f'"{entry.progress.version}"'
    return entry_answer(entry)


@router.post(
    "/{number:number}/evidence",
    status_code=HTTPStatus.CREATED,
    max_body_size=MAX_EVIDENCE_BYTES,
    responses=READ_ONE | responses(HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(_MEDIA, _BINARY)}},
)
async def add_evidence(
    number: _EntryNumber, request: Request, house: HouseDep, actor: LedgerReaderDep
) -> EvidenceAnswer:
    """Send a photo or a PDF that shows what was done; a step that is taken afterwards names it."""
    content = await request.body()
    return evidence_answer(await run_in_threadpool(service.add_evidence, house.store, actor, number, content))


@router.get(
    "/{number:number}/evidence/{piece:number}",
    response_class=Response,
    responses=READ_ONE | {200: {"content": {"image/jpeg": _BINARY, PDF: _BINARY}}},
)
def read_evidence(number: _EntryNumber, piece: _EntryNumber, house: HouseDep, actor: LedgerReaderDep) -> Response:
    """Read a piece of evidence, as a download: nobody here has looked into a PDF."""
    record, content = service.read_evidence_of(house.store, actor, number, piece)
    suffix = "pdf" if record.media_type == PDF else "jpg"
    disposition = f'attachment; filename="evidence-{number}-{piece}.{suffix}"'
    headers = {"ETag": f'"{record.sha256}"', "Content-Disposition": disposition}
    return Response(content, media_type=record.media_type, headers=headers)
