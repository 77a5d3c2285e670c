"""The pages of the administration area. Their forms are sent to `geogrid_api.routes.admin_forms`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from geogrid.constants import MAX_ID
from geogrid.model import Actor
from geogrid.services import audit as audit_service
from geogrid_api.admin_access import make_frame, require_section
from geogrid_api.admin_pages import (
    FormOutcome,
    PeopleQuery,
    render_account_page,
    render_accounts_page,
    render_activation_page,
    render_keys_page,
    render_layers_page,
    render_people_page,
    render_rules_page,
)
from geogrid_api.app_state import StateDep
from geogrid_api.dependencies import CODE, IncidentId
from geogrid_api.html_pages import LanguageDep, html_response
from geogrid_api.routes.admin_forms import AdministratorDep, LayerWriterDep, OverviewDep
from geogrid_maps.admin import admin_page
from geogrid_maps.formatting import to_the_minute

router = APIRouter(prefix="/admin", include_in_schema=False, default_response_class=HTMLResponse)

_LISTED = 100
_DONE = frozenset({"done_activated", "done_disabled", "done_enabled", "done_grant", "done_revoked"})


def read_outcome(done: Annotated[str, Query(max_length=40)] = "") -> FormOutcome:
    """Return what the form has led to that a redirect comes from."""
    return FormOutcome(done=done if done in _DONE else "")


OutcomeDep = Annotated[FormOutcome, Depends(read_outcome)]


@router.get("")
def show_overview(actor: OverviewDep, lang: LanguageDep) -> HTMLResponse:
    """Show the sections that the account may open."""
    return html_response(admin_page("admin_overview.html", make_frame(actor, lang, "/admin")))


@router.get("/accounts")
def show_accounts(state: StateDep, actor: AdministratorDep, lang: LanguageDep, told: OutcomeDep) -> HTMLResponse:
    """Show the accounts, and the form of a new one."""
    return render_accounts_page(state, actor, lang, told)


@router.get("/accounts/{name}")
def show_account(
    name: str, state: StateDep, actor: AdministratorDep, lang: LanguageDep, told: OutcomeDep
) -> HTMLResponse:
    """Show an account, and the forms that change it."""
    return render_account_page(state, actor, lang, name, told)


@router.get("/keys")
def show_keys(
    state: StateDep, actor: Annotated[Actor, require_section("keys")], lang: LanguageDep, told: OutcomeDep
) -> HTMLResponse:
    """Show the keys, and the form of a new one."""
    return render_keys_page(state, actor, lang, told)


@router.get("/people")
def show_people(
    state: StateDep,
    actor: Annotated[Actor, require_section("people")],
    lang: LanguageDep,
    told: OutcomeDep,
    street: Annotated[str, Query(pattern=f"^$|{CODE}")] = "",
    code: Annotated[str, Query(max_length=40)] = "",
    duty: Annotated[str, Query(max_length=40)] = "",
    day: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
) -> HTMLResponse:
    """Show the people of the areas, and the form that imports a list."""
    return render_people_page(state, actor, lang, told, PeopleQuery(street, code.strip(), duty, day, after))


@router.get("/rules")
def show_rules(
    state: StateDep, actor: Annotated[Actor, require_section("rules")], lang: LanguageDep, told: OutcomeDep
) -> HTMLResponse:
    """Show the active rule sets."""
    return render_rules_page(state, actor, lang, told)


@router.get("/layers")
def show_layers(
    state: StateDep, actor: Annotated[Actor, require_section("layers")], lang: LanguageDep, told: OutcomeDep
) -> HTMLResponse:
    """Show the generations."""
    return render_layers_page(state, actor, lang, told)


@router.get("/layers/{number:number}/activate")
def show_activation(number: IncidentId, state: StateDep, actor: LayerWriterDep, lang: LanguageDep) -> HTMLResponse:
    """Show what a generation changes, before it is activated."""
    return render_activation_page(state, actor, lang, number, FormOutcome())


@router.get("/audit")
def show_audit(
    state: StateDep,
    actor: Annotated[Actor, require_section("audit")],
    lang: LanguageDep,
    account: Annotated[str, Query(max_length=100)] = "",
    before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> HTMLResponse:
    """Show the audit records, the newest first."""
    found = audit_service.list_audit(state.store, actor, before=before, limit=_LISTED + 1, account=account.strip())
    rows = [{"at": to_the_minute(one.at), "actor": one.actor, "action": one.action, "what": one.what} for one in found]
    further = found[_LISTED - 1].id if len(found) > _LISTED else None
    frame = make_frame(actor, lang, "/admin/audit")
    return html_response(admin_page("admin_audit.html", frame, rows=rows[:_LISTED], account=account, next=further))
