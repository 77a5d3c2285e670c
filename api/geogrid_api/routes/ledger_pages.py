"""Pages of the ledger: lists, entries, sites, rounds; `geogrid_api.routes.ledger_forms` receives the forms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator, Field

from geogrid.constants import MAX_ID
from geogrid.ledger.ledger_filter import SiteState
from geogrid.ledger.three_lists import ListName
from geogrid.model import Actor, EntryState, Permission
from geogrid.services.ledger_lists import read_list_page, read_names
from geogrid.services.site_figures import list_kinds, list_round_figures, list_site_figures
from geogrid.services.sites import list_rounds
from geogrid_api.admin_access import make_frame, require_page_permission
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.dependencies import CODE, Day, RecordId
from geogrid_api.ledger_entry_rendering import render_entry
from geogrid_api.page_dependencies import LanguageDep, html_response
from geogrid_api.schemas.ledger import AfterId
from geogrid_maps.ledger_entry import FormResult
from geogrid_maps.ledger_page import ROUNDS, SITES, LedgerChoices, list_page, rounds_page, sites_page
from geogrid_maps.ledger_view import LedgerView, SiteView
from geogrid_maps.page_context import LEDGER

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

LedgerActorDep = Annotated[Actor, require_page_permission(Permission.LEDGER_READ)]

_PAGE_SIZE: Final = 50
_MESSAGES: Final = frozenset({"done", "evidence_added"})


def _accept_blank(value: object) -> object:
    """Return None for an empty text, which HTML forms send for an unused filter."""
    return None if value == "" else value


_Blank = BeforeValidator(_accept_blank)
_Number = Annotated[Annotated[int, Field(ge=1, le=MAX_ID)] | None, _Blank]


async def read_list_view(
    lang: LanguageDep,
    list_name: Annotated[ListName, Query(alias="list")] = ListName.PROBLEMS,
    first: Annotated[Day | None, _Blank, Query(alias="from")] = None,
    last: Annotated[Day | None, _Blank, Query(alias="to")] = None,
    area: Annotated[str, Query(pattern=f"^$|{CODE}")] = "",
    category: Annotated[str, Query(max_length=20)] = "",
    department: Annotated[str, Query(max_length=100)] = "",
    state: Annotated[EntryState | None, _Blank] = None,
    round_id: Annotated[_Number, Query(alias="round")] = None,
    site: _Number = None,
    past_due: Annotated[bool | None, _Blank] = None,
) -> LedgerView:
    """Return the list and the filters of the page as the form sends them."""
    return LedgerView(
        list_name,
        first,
        last,
        area or None,
        category or None,
        department or None,
        state,
        round_id,
        site,
        past_due=bool(past_due),
        language=lang,
    )


async def read_site_view(
    lang: LanguageDep,
    area: Annotated[str, Query(pattern=f"^$|{CODE}")] = "",
    kind: Annotated[str, Query(max_length=40)] = "",
    state: Annotated[SiteState | None, _Blank] = None,
    round_id: Annotated[_Number, Query(alias="round")] = None,
) -> SiteView:
    """Return the filters of the list of sites as the form sends them."""
    return SiteView(area or None, kind or None, state, round_id, lang)


async def read_result(done: Annotated[str, Query(max_length=40)] = "") -> FormResult:
    """Return the success message that a redirected form passes on."""
    return FormResult(done=done if done in _MESSAGES else "")


@router.get(LEDGER)
def show_list(
    state: StateDep,
    actor: LedgerActorDep,
    view: Annotated[LedgerView, Depends(read_list_view)],
    after: AfterId = 0,
) -> HTMLResponse:
    """Show a page of one of the three lists."""
    page = read_list_page(
        state.store,
        actor,
        state.rules,
        view.filter(datetime.now(UTC)),
        view.list_name,
        view.language,
        after=after,
        limit=_PAGE_SIZE,
    )
    frame = make_frame(state, actor, view.language, LEDGER)
    return html_response(list_page(page, view, _read_choices(state, actor), frame, turned=after > 0))


@router.get(SITES)
def show_sites(
    state: StateDep, actor: LedgerActorDep, view: Annotated[SiteView, Depends(read_site_view)], after: AfterId = 0
) -> HTMLResponse:
    """Show the inspected sites with the figures of their entries."""
    page = list_site_figures(state.store, actor, view.filter(), after=after, limit=_PAGE_SIZE)
    areas = read_names(state.store, state.rules, view.language).areas
    frame = make_frame(state, actor, view.language, SITES)
    return html_response(sites_page(page, view, areas, _read_choices(state, actor), frame, turned=after > 0))


@router.get(ROUNDS)
def show_rounds(state: StateDep, actor: LedgerActorDep, lang: LanguageDep) -> HTMLResponse:
    """Show the inspection rounds with their figures."""
    rounds = list_round_figures(state.store, actor)
    return html_response(rounds_page(rounds, lang, make_frame(state, actor, lang, ROUNDS)))


@router.get(f"{LEDGER}/{{entry_id:id}}")
def show_entry(
    entry_id: RecordId,
    state: StateDep,
    actor: LedgerActorDep,
    lang: LanguageDep,
    result: Annotated[FormResult, Depends(read_result)],
) -> HTMLResponse:
    """Show an entry with its evidence, its history and the steps that the user can take now."""
    return html_response(render_entry(state, actor, lang, entry_id, result))


def _read_choices(state: AppState, actor: Actor) -> LedgerChoices:
    return LedgerChoices(
        streets={area.code: area.name for area in state.snapshots.current.prepared.backdrop.streets},
        departments=sorted(state.rules.departments),
        rounds=[row for row, _ in list_rounds(state.store)],
        kinds=list_kinds(state.store, actor),
    )
