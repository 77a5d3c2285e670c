"""Prompt cards (提示卡) for nearly due incidents and supervision cards (督办卡) for overdue ones."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from geogrid.constants import MAX_ID, Language
from geogrid.local_time import local_zone
from geogrid.model import Actor, Card, CardKind, Permission
from geogrid.permissions import has_permission
from geogrid.privacy import mask_name, mask_personal
from geogrid.services import cards as service
from geogrid.step_engine import MAX_NOTE
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.authentication import ReaderDep, StepActorDep
from geogrid_api.dependencies import RecordId
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses
from geogrid_api.schemas.incidents import ITEM_ERRORS
from geogrid_api.security_headers import make_page_headers
from geogrid_maps.card_pdf import card_pdf
from geogrid_maps.supervision_card_page import CardDocument, card_html, describe_card

router = APIRouter(tags=["cards 提示卡督办卡"])

_MAX_BYTES = 64_000


class CardResponse(BaseModel):
    """A prompt card or a supervision card."""

    id: int
    kind: CardKind
    number: str = Field(description="Printed number.", examples=["督办-2026-0007"])
    incident: int
    due_at: datetime | None = Field(description="Due time of the incident or of the whistle, as printed on the card.")
    department: str | None
    level: str
    issued_at: datetime
    issued_by: str
    reason: str
    answer_due_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    answer: str | None
    whistle: int | None = Field(
        description="Id of the whistle to which the department has not reported in; null for a card about the incident."
    )


class CardPageResponse(BaseModel):
    """A page of cards, newest first."""

    items: list[CardResponse]
    next: int | None = Field(description="`after` of the next page; null on the last page.")


class CardOrderBody(BaseModel):
    """An order to issue a supervision card for an incident."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=MAX_NOTE)]


class CardAnswerBody(BaseModel):
    """The answer to a card."""

    model_config = ConfigDict(extra="forbid")

    answer: Annotated[str, Field(min_length=1, max_length=MAX_NOTE)]


@router.get("/v1/cards", responses=problem_responses(*AUTH_ERRORS))
def list_cards(
    state: StateDep,
    actor: ReaderDep,
    kind: CardKind | None = None,
    answered: bool | None = None,  # noqa: FBT001 - a query parameter
    incident: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    department: Annotated[str | None, Query(max_length=100)] = None,
    after: Annotated[int | None, Query(ge=1, le=MAX_ID, description="`next` of the previous page.")] = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 100,
) -> CardPageResponse:
    """List prompt cards (提示卡) and supervision cards (督办卡) of incidents, newest first."""
    page = service.list_cards(
        state.store,
        actor,
        kind=kind,
        answered=answered,
        incident=incident,
        department=department,
        after=after,
        limit=limit,
    )
    return CardPageResponse(items=[_make_response(state, actor, card) for card in page.items], next=page.next)


@router.post(
    "/v1/incidents/{incident_id:id}/cards",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_BYTES,
    responses=ITEM_ERRORS | problem_responses(HTTPStatus.CONFLICT),
)
def order_card(incident_id: RecordId, body: CardOrderBody, state: StateDep, actor: StepActorDep) -> CardResponse:
    """Issue a supervision card for an incident. Overdue incidents and whistles get one automatically."""
    locator = state.snapshots.current.locator
    return _make_response(
        state, actor, service.order_card(state.store, locator, state.rules, actor, incident_id, reason=body.reason)
    )


@router.get("/v1/cards/{card_id:id}", responses=ITEM_ERRORS)
def read_card(card_id: RecordId, state: StateDep, actor: ReaderDep) -> CardResponse:
    """Return a prompt card or supervision card."""
    return _make_response(state, actor, service.read_card(state.store, actor, card_id)[0])


@router.post(
    "/v1/cards/{card_id:id}/answer",
    max_body_size=_MAX_BYTES,
    responses=ITEM_ERRORS | problem_responses(HTTPStatus.CONFLICT),
)
def answer_card(card_id: RecordId, body: CardAnswerBody, state: StateDep, actor: StepActorDep) -> CardResponse:
    """Answer a card. A card can be answered only once."""
    locator = state.snapshots.current.locator
    return _make_response(
        state, actor, service.answer_card(state.store, locator, state.rules, actor, card_id, answer=body.answer)
    )


@router.get("/v1/cards/{card_id:id}.html", response_class=HTMLResponse, responses=ITEM_ERRORS)
def show_card(card_id: RecordId, state: StateDep, actor: ReaderDep, lang: Language = Language.ZH) -> HTMLResponse:
    """Return a card as an HTML page that prints on one sheet."""
    html = card_html(_make_document(state, actor, card_id, lang))
    return HTMLResponse(html, headers=make_page_headers())


@router.get(
    "/v1/cards/{card_id:id}.pdf",
    response_class=Response,
    responses=ITEM_ERRORS
    | problem_responses(HTTPStatus.SERVICE_UNAVAILABLE)
    | {200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}},
)
def export_card(card_id: RecordId, state: StateDep, actor: ReaderDep, lang: Language = Language.ZH) -> Response:
    """Return a card as PDF with an embedded font."""
    content = card_pdf(_make_document(state, actor, card_id, lang))
    headers = {"Content-Disposition": f'inline; filename="card-{card_id}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


def _make_document(state: AppState, actor: Actor, card_id: int, language: Language) -> CardDocument:
    card, incident = service.read_card(state.store, actor, card_id)
    unmasked = has_permission(actor, Permission.PEOPLE_READ)
    return describe_card(card, incident, state.rules, state.owner_of(incident), language, whole=unmasked)


def _make_response(state: AppState, actor: Actor, card: Card) -> CardResponse:
    unmasked = has_permission(actor, Permission.PEOPLE_READ)
    return CardResponse(
        id=card.id,
        kind=card.kind,
        number=state.rules.cards.number(card.kind, card.year, card.serial),
        incident=card.incident,
        due_at=card.due_at and card.due_at.astimezone(local_zone()),
        department=card.department,
        level=card.level,
        issued_at=card.issued_at.astimezone(local_zone()),
        issued_by=card.issued_by if unmasked else mask_name(card.issued_by),
        reason=mask_personal(card.reason),
        answer_due_at=card.answer_due_at.astimezone(local_zone()),
        answered_at=card.answered_at and card.answered_at.astimezone(local_zone()),
        answered_by=card.answered_by if unmasked or not card.answered_by else mask_name(card.answered_by),
        answer=card.answer and mask_personal(card.answer),
        whistle=card.whistle,
    )
