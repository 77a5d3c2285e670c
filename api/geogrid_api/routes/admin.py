"""The pages of the administration area. Their forms are sent to `geogrid_api.routes.admin_forms`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from geogrid.constants import MAX_ID
from geogrid.model import Actor
from geogrid.services import audit as audit_service
from geogrid_api.admin_doors import frame_of, section_door
from geogrid_api.admin_pages import (
    PeopleQuestion,
    Told,
    account_page,
    accounts_page,
    activate_page,
    keys_page,
    layers_page,
    people_page,
    rules_page,
)
from geogrid_api.app_state import StateDep
from geogrid_api.dependencies import CODE, IncidentNumber
from geogrid_api.desk_auth import LanguageDep, page
from geogrid_api.routes.admin_forms import AdministratorDep, LayerWriterDep, OverviewDep
from geogrid_maps.admin import admin_page
from geogrid_maps.formatting import to_the_minute

router = APIRouter(prefix="/admin", include_in_schema=False, default_response_class=HTMLResponse)

_LISTED = 100
_DONE = frozenset({"done_activated", "done_disabled", "done_enabled", "done_grant", "done_revoked"})


def told_of(done: Annotated[str, Query(max_length=40)] = "") -> Told:
    """Return what the form has led to that a redirect comes from."""
    return Told(done=done if done in _DONE else "")


ToldDep = Annotated[Told, Depends(told_of)]


@router.get("")
def overview(actor: OverviewDep, lang: LanguageDep) -> HTMLResponse:
    """Show the sections that the account may open."""
    return page(admin_page("admin_overview.html", frame_of(actor, lang, "/admin")))


@router.get("/accounts")
def show_accounts(state: StateDep, actor: AdministratorDep, lang: LanguageDep, told: ToldDep) -> HTMLResponse:
    """Show the accounts, and the form of a new one."""
    return accounts_page(state, actor, lang, told)


@router.get("/accounts/{name}")
def show_account(name: str, state: StateDep, actor: AdministratorDep, lang: LanguageDep, told: ToldDep) -> HTMLResponse:
    """Show an account, and the forms that change it."""
    return account_page(state, actor, lang, name, told)


@router.get("/keys")
def show_keys(
    state: StateDep, actor: Annotated[Actor, section_door("keys")], lang: LanguageDep, told: ToldDep
) -> HTMLResponse:
    """Show the keys, and the form of a new one."""
    return keys_page(state, actor, lang, told)


@router.get("/people")
def show_people(
    state: StateDep,
    actor: Annotated[Actor, section_door("people")],
    lang: LanguageDep,
    told: ToldDep,
    street: Annotated[str, Query(pattern=f"^$|{CODE}")] = "",
    code: Annotated[str, Query(max_length=40)] = "",
    duty: Annotated[str, Query(max_length=40)] = "",
    day: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
) -> HTMLResponse:
    """Show the people of the areas, and the form that imports a list."""
    return people_page(state, actor, lang, told, PeopleQuestion(street, code.strip(), duty, day, after))


@router.get("/rules")
def show_rules(
    state: StateDep, actor: Annotated[Actor, section_door("rules")], lang: LanguageDep, told: ToldDep
) -> HTMLResponse:
    """Show the active rule sets."""
    return rules_page(state, actor, lang, told)


@router.get("/layers")
def show_layers(
    state: StateDep, actor: Annotated[Actor, section_door("layers")], lang: LanguageDep, told: ToldDep
) -> HTMLResponse:
    """Show the generations."""
    return layers_page(state, actor, lang, told)


@router.get("/layers/{number:number}/activate")
def show_activation(number: IncidentNumber, state: StateDep, actor: LayerWriterDep, lang: LanguageDep) -> HTMLResponse:
    """Show what a generation changes, before it is activated."""
    return activate_page(state, actor, lang, number, Told())


@router.get("/audit")
def show_audit(
    state: StateDep,
    actor: Annotated[Actor, section_door("audit")],
    lang: LanguageDep,
    account: Annotated[str, Query(max_length=100)] = "",
    before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> HTMLResponse:
    """Show the audit records, the newest first."""
    found = audit_service.list_audit(state.store, actor, before=before, limit=_LISTED + 1, account=account.strip())
    rows = [{"at": to_the_minute(one.at), "actor": one.actor, "action": one.action, "what": one.what} for one in found]
    further = found[_LISTED - 1].id if len(found) > _LISTED else None
    frame = frame_of(actor, lang, "/admin/audit")
    return page(admin_page("admin_audit.html", frame, rows=rows[:_LISTED], account=account, next=further))
