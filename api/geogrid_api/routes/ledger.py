"""Ledger of problems found at inspected sites: record, rectify and strike off with evidence."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from geogrid.constants import MAX_ID
from geogrid.errors import InputError
from geogrid.incidents.validation import MAX_DESCRIPTION
from geogrid.ledger.evidence_validation import MAX_EVIDENCE_BYTES, PDF
from geogrid.ledger.transitions import LedgerStepRequest, allowed_transitions
from geogrid.model import EntryState, Incident, LedgerEntry, Permission, SiteProblem
from geogrid.permissions import has_permission
from geogrid.rules.ledger import LedgerRequiredInput, LedgerState, LedgerTransition
from geogrid.services import ledger as service
from geogrid.services.idempotency import IdempotentRequest
from geogrid.services.pagination import MAX_PAGE
from geogrid.step_engine import MAX_NOTE
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import LedgerReaderDep, LedgerWriterDep
from geogrid_api.dependencies import RecordId, require_text
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses
from geogrid_api.request_preconditions import IdempotencyDep, VersionDep
from geogrid_api.schemas.incidents import ITEM_ERRORS
from geogrid_api.schemas.ledger import (
    AfterId,
    EvidenceResponse,
    LedgerEntryResponse,
    LedgerFilterDep,
    LedgerStepResponse,
    make_entry_response,
    make_evidence_response,
    make_step_response,
)
from geogrid_api.schemas.vocabulary import VocabularyText

router = APIRouter(prefix="/v1/ledger", tags=["ledger 台账"])

_MAX_BYTES = 64_000
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_MEDIA = (PDF, "image/jpeg", "image/png", "image/webp")
_Id = Annotated[StrictInt, Field(ge=1, le=MAX_ID)]
_Time = Annotated[AwareDatetime, BeforeValidator(require_text)]


class LedgerPageResponse(BaseModel):
    """A page of ledger entries, by id."""

    items: list[LedgerEntryResponse]
    next: int | None = Field(description="`after` of the next page; null on the last page.")


class ProblemBody(BaseModel):
    """A problem found at a site."""

    model_config = ConfigDict(extra="forbid")

    site: _Id
    round: _Id
    category: Annotated[str, Field(max_length=20, examples=["Z06"])]
    description: Annotated[str, Field(min_length=1, max_length=MAX_DESCRIPTION)]
    found_at: Annotated[_Time, Field(examples=["2026-03-01T08:30:00+08:00"])]
    department: Annotated[
        str | None, Field(max_length=100, description="By default the department of the category.")
    ] = None
    duty: Annotated[
        VocabularyText | None,
        Field(description="Code of the responsible duty, see GET /v1/vocabulary; by default the first of a grid."),
    ] = None
    due_at: Annotated[_Time | None, Field(description="By default set by the time limit of the category.")] = None
    incident: Annotated[_Id | None, Field(description="Id of the incident that handles the problem.")] = None


class LedgerStepBody(BaseModel):
    """A step to take."""

    model_config = ConfigDict(extra="forbid")

    action: Annotated[str, Field(max_length=40, examples=["rectify"])]
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""
    department: Annotated[str | None, Field(max_length=100)] = None
    evidence: Annotated[list[_Id], Field(max_length=service.MAX_EVIDENCE)] = []


class LedgerTransitionResponse(BaseModel):
    """A step that is allowed now."""

    action: str
    name: str
    name_en: str
    to: EntryState
    needs: list[LedgerRequiredInput]


class EntryHistoryResponse(BaseModel):
    """An entry with its history, its evidence and the steps allowed now."""

    entry: LedgerEntryResponse
    steps: list[LedgerStepResponse]
    evidence: list[EvidenceResponse]
    transitions: list[LedgerTransitionResponse]


class LedgerRulesResponse(BaseModel):
    """The states, the steps and the time limits in days."""

    states: list[LedgerState]
    transitions: list[LedgerTransition]
    term_days: int
    terms: dict[str, int]


@router.get("", responses=problem_responses(*AUTH_ERRORS))
def list_entries(
    state: StateDep,
    actor: LedgerReaderDep,
    ledger_filter: LedgerFilterDep,
    after: AfterId = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> LedgerPageResponse:
    """List entries by area, period, round, category, department and state."""
    page = service.list_entries(state.store, actor, ledger_filter, after=after, limit=limit)
    return LedgerPageResponse(items=[make_entry_response(entry) for entry in page.items], next=page.next)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_BYTES,
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.NOT_FOUND),
)
def record_problem(
    body: ProblemBody, state: StateDep, actor: LedgerWriterDep, idempotency: IdempotencyDep, response: Response
) -> LedgerEntryResponse:
    """Record a problem; the response contains its id and number."""
    rules = state.rules
    category = rules.categories.get(body.category)
    problem = SiteProblem(
        site=body.site,
        round=body.round,
        category=body.category,
        found_at=body.found_at,
        description=body.description,
        department=body.department or (category.department if category else ""),
        due_at=body.due_at or _compute_due_time(body.found_at, rules.ledger.term(body.category, rules.categories)),
        duty=body.duty or rules.profile.main_duty,
        incident=body.incident,
    )
    entry = service.record_problem(state.store, rules, problem, actor, idempotency=_with_entry_response(idempotency))
    response.headers["Location"] = f"/v1/ledger/{entry.id}"
    response.headers["ETag"] = f'"{entry.progress.version}"'
    return make_entry_response(entry)


def _with_entry_response(once: IdempotentRequest[Incident] | None) -> IdempotentRequest[LedgerEntry] | None:
    """Return the idempotency key with the response of a ledger entry."""
    return (
        IdempotentRequest(once.key, once.fingerprint, lambda entry: make_entry_response(entry).model_dump_json())
        if once
        else None
    )


def _compute_due_time(found_at: datetime, term: timedelta) -> datetime:
    try:
        return found_at + term
    except OverflowError as error:
        raise InputError("The time is too late to compute the due time.", code="time", field="found_at") from error


@router.get("/rules", responses=problem_responses(*AUTH_ERRORS))
def read_rules(state: StateDep, _actor: LedgerReaderDep) -> LedgerRulesResponse:
    """Return the rules: the states, the steps with their roles and required fields, and the time limits."""
    rules = state.rules.ledger
    return LedgerRulesResponse(
        states=list(rules.states.values()),
        transitions=list(rules.transitions.values()),
        term_days=rules.term_days,
        terms=dict(rules.terms),
    )


@router.get("/{entry_id:id}", responses=ITEM_ERRORS)
def read_entry(entry_id: RecordId, state: StateDep, actor: LedgerReaderDep, response: Response) -> EntryHistoryResponse:
    """Return an entry with its history. A step needs the ETag of the response in If-Match."""
    history = service.read_entry(state.store, actor, entry_id)
    progress, unmasked = history.entry.progress, has_permission(actor, Permission.PEOPLE_READ)
    response.headers["ETag"] = f'"{progress.version}"'
    return EntryHistoryResponse(
        entry=make_entry_response(history.entry),
        steps=[make_step_response(step, unmasked=unmasked) for step in history.steps],
        evidence=[make_evidence_response(record) for record in history.evidence],
        transitions=[
            LedgerTransitionResponse(
                action=step.action,
                name=step.name,
                name_en=step.name_en,
                to=step.to or progress.state,
                needs=list(step.needs),
            )
            for step in allowed_transitions(progress, actor, state.rules.ledger)
        ],
    )


@router.post(
    "/{entry_id:id}/steps",
    max_body_size=_MAX_BYTES,
    responses=ITEM_ERRORS
    | problem_responses(HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED),
)
def take_step(
    entry_id: RecordId,
    body: LedgerStepBody,
    state: StateDep,
    actor: LedgerReaderDep,
    version: VersionDep,
    idempotency: IdempotencyDep,
    response: Response,
) -> LedgerEntryResponse:
    """Take a step. A step that is not allowed returns 409 with the allowed steps."""
    wish = LedgerStepRequest(body.action, body.note, body.department, tuple(body.evidence))
    entry = service.take_entry_step(
        state.store,
        state.rules.ledger,
        state.rules.departments,
        actor,
        entry_id,
        wish,
        version=version,
        idempotency=_with_entry_response(idempotency),
    )
    response.headers["ETag"] = f'"{entry.progress.version}"'
    return make_entry_response(entry)


@router.post(
    "/{entry_id:id}/evidence",
    status_code=HTTPStatus.CREATED,
    max_body_size=MAX_EVIDENCE_BYTES,
    responses=ITEM_ERRORS | problem_responses(HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(_MEDIA, _BINARY)}},
)
async def add_evidence(
    entry_id: RecordId, request: Request, state: StateDep, actor: LedgerReaderDep
) -> EvidenceResponse:
    """Upload a photo or a PDF as evidence. A later step refers to its id."""
    content = await request.body()
    return make_evidence_response(await run_in_threadpool(service.add_evidence, state.store, actor, entry_id, content))


@router.get(
    "/{entry_id:id}/evidence/{evidence_id:id}",
    response_class=Response,
    responses=ITEM_ERRORS | {200: {"content": {"image/jpeg": _BINARY, PDF: _BINARY}}},
)
def read_evidence(entry_id: RecordId, evidence_id: RecordId, state: StateDep, actor: LedgerReaderDep) -> Response:
    """Return an evidence file as a download, because PDF files are not checked."""
    record, content = service.read_entry_evidence(state.store, actor, entry_id, evidence_id)
    suffix = "pdf" if record.media_type == PDF else "jpg"
    disposition = f'attachment; filename="evidence-{entry_id}-{evidence_id}.{suffix}"'
    headers = {"ETag": f'"{record.sha256}"', "Content-Disposition": disposition}
    return Response(content, media_type=record.media_type, headers=headers)
