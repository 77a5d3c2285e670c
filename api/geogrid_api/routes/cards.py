"""Prompt and supervision cards: what is nearly due, what is overdue, and what was answered."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from geogrid.constants import MAX_ID, Language
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Actor, Card, CardKind, Level, Permission
from geogrid.permissions import has_permission
from geogrid.privacy import mask_name, mask_personal
from geogrid.services import cards as service
from geogrid.workflow import MAX_NOTE
from geogrid_api.authentication import ReaderDep, StepperDep
from geogrid_api.dependencies import AppState, HouseDep, IncidentNumber
from geogrid_api.problems import DOORS, responses
from geogrid_api.schemas.incidents import READ_ONE
from geogrid_api.security_headers import page_policy
from geogrid_maps.card_pdf import card_pdf
from geogrid_maps.cards import CardDocument, card_html, describe_card

router = APIRouter(tags=["cards 提示卡督办卡"])

_CardNumber = Annotated[int, Path(ge=1, le=MAX_ID)]
_MAX_BYTES = 64_000


class CardAnswer(BaseModel):
    """A card."""

    id: int
    kind: CardKind
    number: str = Field(description="Its number for people.", examples=["督办-2026-0007"])
    incident: int
    due_at: datetime | None = Field(description="When the incident ought to have been handled, as the card says.")
    department: str | None
    level: Level
    issued_at: datetime
    issued_by: str
    reason: str
    answer_due_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    answer: str | None


class CardPageAnswer(BaseModel):
    """A page of cards, the newest first."""

    items: list[CardAnswer]
    next: int | None = Field(description="`after` of the next page, or null.")


class OrderBody(BaseModel):
    """An order to issue a supervision card."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=MAX_NOTE)]


class ReplyBody(BaseModel):
    """The answer to a card."""

    model_config = ConfigDict(extra="forbid")

    answer: Annotated[str, Field(min_length=1, max_length=MAX_NOTE)]


@router.get("/v1/cards", responses=responses(*DOORS))
def list_cards(
    house: HouseDep,
    actor: ReaderDep,
    kind: CardKind | None = None,
    answered: bool | None = None,  # noqa: FBT001 - a query parameter
    incident: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    department: Annotated[str | None, Query(max_length=100)] = None,
    after: Annotated[int | None, Query(ge=1, le=MAX_ID, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 100,
) -> CardPageAnswer:
    """List cards, the newest first."""
    page = service.list_cards(
        house.store,
        actor,
        kind=kind,
        answered=answered,
        incident=incident,
        department=department,
        after=after,
        limit=limit,
    )
    return CardPageAnswer(items=[_answer(house, actor, card) for card in page.items], next=page.next)


@router.post(
    "/v1/incidents/{number:number}/cards",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_BYTES,
    responses=READ_ONE | responses(HTTPStatus.CONFLICT),
)
def order_card(number: IncidentNumber, body: OrderBody, house: HouseDep, actor: StepperDep) -> CardAnswer:
    """Order a supervision card for an incident; those for what is overdue go out by themselves."""
    locator = house.snapshots.current.locator
    return _answer(
        house, actor, service.order_card(house.store, locator, house.rules, actor, number, reason=body.reason)
    )


@router.get("/v1/cards/{number:number}", responses=READ_ONE)
def read_card(number: _CardNumber, house: HouseDep, actor: ReaderDep) -> CardAnswer:
    """Read a card."""
    return _answer(house, actor, service.read_card(house.store, actor, number)[0])


@router.post(
    "/v1/cards/{number:number}/answer",
    max_body_size=_MAX_BYTES,
    responses=READ_ONE | responses(HTTPStatus.CONFLICT),
)
def answer_card(number: _CardNumber, body: ReplyBody, house: HouseDep, actor: StepperDep) -> CardAnswer:
    """Answer a card, once."""
    locator = house.snapshots.current.locator
    return _answer(
        house, actor, service.answer_card(house.store, locator, house.rules, actor, number, answer=body.answer)
    )


@router.get("/v1/cards/{number:number}.html", response_class=HTMLResponse, responses=READ_ONE)
def card_page(number: _CardNumber, house: HouseDep, actor: ReaderDep, lang: Language = Language.ZH) -> HTMLResponse:
    """Read a card as a page that prints on one sheet."""
    html = card_html(_document(house, actor, number, lang))
    return HTMLResponse(html, headers=page_policy())


@router.get(
    "/v1/cards/{number:number}.pdf",
    response_class=Response,
    responses=READ_ONE
    | responses(HTTPStatus.SERVICE_UNAVAILABLE)
    | {200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}},
)
def card_file(number: _CardNumber, house: HouseDep, actor: ReaderDep, lang: Language = Language.ZH) -> Response:
    """Read a card as PDF, with its font."""
    content = card_pdf(_document(house, actor, number, lang))
    headers = {"Content-Disposition": f'inline; filename="card-{number}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


def _document(house: AppState, actor: Actor, number: int, language: Language) -> CardDocument:
    card, incident = service.read_card(house.store, actor, number)
    whole = has_permission(actor, Permission.PEOPLE_READ)
    return describe_card(card, incident, house.rules, house.owner_of(incident), language, whole=whole)


def _answer(house: AppState, actor: Actor, card: Card) -> CardAnswer:
    whole = has_permission(actor, Permission.PEOPLE_READ)
    return CardAnswer(
        id=card.id,
        kind=card.kind,
        number=house.rules.cards.number(card.kind, card.year, card.serial),
        incident=card.incident,
        due_at=card.due_at and card.due_at.astimezone(LOCAL_ZONE),
        department=card.department,
        level=card.level,
        issued_at=card.issued_at.astimezone(LOCAL_ZONE),
        issued_by=card.issued_by if whole else mask_name(card.issued_by),
        reason=mask_personal(card.reason),
        answer_due_at=card.answer_due_at.astimezone(LOCAL_ZONE),
        answered_at=card.answered_at and card.answered_at.astimezone(LOCAL_ZONE),
        answered_by=card.answered_by if whole or not card.answered_by else mask_name(card.answered_by),
        answer=card.answer and mask_personal(card.answer),
    )
