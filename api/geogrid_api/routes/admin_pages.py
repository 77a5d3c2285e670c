"""Pages of the administration area; `geogrid_api.routes.admin_forms` receives their forms."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from geogrid.constants import MAX_ID
from geogrid.model import Actor
from geogrid.services import audit as audit_service
from geogrid_api.admin_access import make_frame, require_section
from geogrid_api.admin_rendering import (
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
from geogrid_api.dependencies import CODE, RecordId
from geogrid_api.page_dependencies import LanguageDep, html_response
from geogrid_api.routes.admin_forms import AdministratorDep, LayerWriterDep, OverviewDep
from geogrid_maps.admin_page import admin_page
from geogrid_maps.formatting import to_the_minute

router = APIRouter(prefix="/admin", include_in_schema=False, default_response_class=HTMLResponse)

_PAGE_SIZE = 100
_MESSAGES = frozenset(
    {"done_activated", "done_cancelled", "done_disabled", "done_enabled", "done_grant", "done_revoked"}
)


async def read_outcome(done: Annotated[str, Query(max_length=40)] = "") -> FormOutcome:
    """Return the success message that a redirected form passes on."""
    return FormOutcome(done=done if done in _MESSAGES else "")


OutcomeDep = Annotated[FormOutcome, Depends(read_outcome)]


@router.get("")
def show_overview(state: StateDep, actor: OverviewDep, lang: LanguageDep) -> HTMLResponse:
    """Show the sections that the account may open."""
    return html_response(admin_page("admin_overview.html", make_frame(state, actor, lang, "/admin")))


@router.get("/accounts")
def show_accounts(state: StateDep, actor: AdministratorDep, lang: LanguageDep, outcome: OutcomeDep) -> HTMLResponse:
    """Show the accounts and the form for a new account."""
    return render_accounts_page(state, actor, lang, outcome)


@router.get("/accounts/{name}")
def show_account(
    name: str, state: StateDep, actor: AdministratorDep, lang: LanguageDep, outcome: OutcomeDep
) -> HTMLResponse:
    """Show an account and the forms that change it."""
    return render_account_page(state, actor, lang, name, outcome)


@router.get("/keys")
def show_keys(
    state: StateDep, actor: Annotated[Actor, require_section("keys")], lang: LanguageDep, outcome: OutcomeDep
) -> HTMLResponse:
    """Show the keys and the form for a new key."""
    return render_keys_page(state, actor, lang, outcome)


@router.get("/people")
def show_people(
    state: StateDep,
    actor: Annotated[Actor, require_section("people")],
    lang: LanguageDep,
    outcome: OutcomeDep,
    street: Annotated[str, Query(pattern=f"^$|{CODE}")] = "",
    code: Annotated[str, Query(max_length=40)] = "",
    duty: Annotated[str, Query(max_length=40)] = "",
    day: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
) -> HTMLResponse:
    """Show the people of the areas and the form that imports a list."""
    return render_people_page(state, actor, lang, outcome, PeopleQuery(street, code.strip(), duty, day, after))


@router.get("/rules")
def show_rules(
    state: StateDep, actor: Annotated[Actor, require_section("rules")], lang: LanguageDep, outcome: OutcomeDep
) -> HTMLResponse:
    """Show the active rule sets."""
    return render_rules_page(state, actor, lang, outcome)


@router.get("/layers")
def show_layers(
    state: StateDep, actor: Annotated[Actor, require_section("layers")], lang: LanguageDep, outcome: OutcomeDep
) -> HTMLResponse:
    """Show the generations."""
    return render_layers_page(state, actor, lang, outcome)


@router.get("/layers/{generation_id:id}/activate")
def show_activation(generation_id: RecordId, state: StateDep, actor: LayerWriterDep, lang: LanguageDep) -> HTMLResponse:
    """Show the changes by a generation before its activation."""
    return render_activation_page(state, actor, lang, generation_id, FormOutcome())


@router.get("/audit")
def show_audit(
    state: StateDep,
    actor: Annotated[Actor, require_section("audit")],
    lang: LanguageDep,
    account: Annotated[str, Query(max_length=100)] = "",
    before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> HTMLResponse:
    """Show the audit records, newest first."""
    records = audit_service.list_audit(state.store, actor, before=before, limit=_PAGE_SIZE + 1, account=account.strip())
    rows = [
        {"at": to_the_minute(record.at), "actor": record.actor, "action": record.action, "what": record.what}
        for record in records
    ]
    next_id = records[_PAGE_SIZE - 1].id if len(records) > _PAGE_SIZE else None
    frame = make_frame(state, actor, lang, "/admin/audit")
    return html_response(admin_page("admin_audit.html", frame, rows=rows[:_PAGE_SIZE], account=account, next=next_id))
