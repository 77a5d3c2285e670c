"""Forms of the administration area. A rejected form shows its page again with the error."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Form, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.constants import MAX_ID, Language
from geogrid.errors import ConflictError, GeogridError, InputError
from geogrid.local_time import parse_timestamp
from geogrid.model import EVERY_ROLE, Actor, Bounds, Grant, Permission, Role
from geogrid.people.people_columns import PEOPLE_COLUMNS
from geogrid.rules.rule_texts import check_file_name
from geogrid.rules.vocabulary import name_code
from geogrid.services import api_keys, layer_generations, people, rule_replay, rule_versions, users
from geogrid.services.passwords import make_password
from geogrid.tabular.table_reader import Table, TabularFormat, read_table
from geogrid_api.admin_access import require_page_permission
from geogrid_api.admin_rendering import (
    FormOutcome,
    FormValues,
    Secret,
    render_account_page,
    render_accounts_page,
    render_activation_page,
    render_keys_page,
    render_layers_page,
    render_people_page,
    render_rules_page,
)
from geogrid_api.app_state import StateDep
from geogrid_api.dependencies import RecordId
from geogrid_api.page_dependencies import LanguageDep
from geogrid_api.problem_details import http_status
from geogrid_maps.admin_error_texts import admin_refusal, row_reason
from geogrid_maps.admin_sections import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.incidents.rule_set import RuleSet
    from geogrid_api.app_state import AppState

router = APIRouter(prefix="/admin", include_in_schema=False, default_response_class=HTMLResponse)

AdministratorDep = Annotated[Actor, require_page_permission(Permission.USERS_MANAGE)]
KeyManagerDep = Annotated[Actor, require_page_permission(Permission.KEYS_MANAGE)]
PeopleWriterDep = Annotated[Actor, require_page_permission(Permission.PEOPLE_WRITE)]
LayerWriterDep = Annotated[Actor, require_page_permission(Permission.LAYERS_WRITE)]
RulesWriterDep = Annotated[Actor, require_page_permission(Permission.RULES_WRITE)]
OverviewDep = Annotated[
    Actor,
    require_page_permission(
        *dict.fromkeys(permission for section in SECTIONS for permission in sorted(section.permissions))
    ),
]

_MAX_BYTES: Final = 64_000
_MAX_FILE: Final = 2_000_000
#: The confirmation form contains the checked file in base64.
_MAX_COMMIT_BYTES: Final = 3_000_000
_MAX_REFUSED: Final = 200
_Text = Annotated[str, Form(max_length=4_000)]
_TextList = Annotated[list[str], Form(max_length=100)]


@dataclass(frozen=True, slots=True)
class GrantForm:
    """Roles and bounds of a form, as filled in."""

    roles: list[str]
    areas: list[str]
    departments: list[str]

    def grant(self) -> Grant:
        """Return the roles and bounds that the form grants.

        Raises
        ------
        InputError
            If a role is unknown.
        """
        if not set(self.roles) <= EVERY_ROLE:
            raise InputError("The role is unknown.", code="role", field="role")
        return Grant(frozenset(map(Role, self.roles)), Bounds(tuple(self.areas), (), tuple(self.departments)))

    def values(self, name: str = "", display: str = "") -> FormValues:
        """Return the values to fill in again."""
        return FormValues(name, display, tuple(self.roles), " ".join(self.areas), tuple(self.departments))


async def read_grant_form(
    roles: _TextList = [],  # noqa: B006 - FastAPI copies defaults
    street: _Text = "",
    areas: _Text = "",
    departments: _TextList = [],  # noqa: B006 - as above
) -> GrantForm:
    """Return the roles and bounds of a form."""
    codes = [street, *areas.replace(",", " ").replace("，", " ").replace("、", " ").split()]
    return GrantForm(roles, list(dict.fromkeys(filter(None, codes))), departments)


GrantFormDep = Annotated[GrantForm, Depends(read_grant_form)]


@router.post("/accounts", max_body_size=_MAX_BYTES)
def add_account(
    state: StateDep,
    actor: AdministratorDep,
    lang: LanguageDep,
    form: GrantFormDep,
    name: _Text = "",
    display: _Text = "",
) -> Response:
    """Add an account with a random password and show the password once."""
    login = users.normalize_login_name(name)
    password = make_password(login)
    try:
        users.add_user(
            state.store, state.rules, actor, name=name, display_name=display, password=password, grant=form.grant()
        )
    except GeogridError as error:
        return render_accounts_page(state, actor, lang, _reject(error, lang, form.values(name, display)))
    return render_accounts_page(state, actor, lang, FormOutcome(secret=Secret("secret_password", login, password)))


@router.post("/accounts/{name}/grant", max_body_size=_MAX_BYTES)
def change_grant(
    name: str, state: StateDep, actor: AdministratorDep, lang: LanguageDep, form: GrantFormDep
) -> Response:
    """Change the roles, areas and departments of an account, but not its categories."""
    try:
        grant = form.grant()
        bounds = grant.bounds
        change = users.AccountChange(roles=grant.roles, areas=bounds.areas, departments=bounds.departments)
        users.change_user(state.store, state.rules, actor, name, change)
    except GeogridError as error:
        return render_account_page(state, actor, lang, name, _reject(error, lang))
    return _redirect(_account_path(name), "done_grant", lang)


@router.post("/accounts/{name}/state", max_body_size=_MAX_BYTES)
def change_state(
    name: str, state: StateDep, actor: AdministratorDep, lang: LanguageDep, enabled: _Text, confirm: _Text = ""
) -> Response:
    """Disable or enable an account."""
    enables = enabled == "yes"
    try:
        if not enables:
            _check_confirmed(confirm)
        users.change_user(state.store, state.rules, actor, name, users.AccountChange(enabled=enables))
    except GeogridError as error:
        return render_account_page(state, actor, lang, name, _reject(error, lang))
    return _redirect(_account_path(name), "done_enabled" if enables else "done_disabled", lang)


@router.post("/accounts/{name}/password", max_body_size=_MAX_BYTES)
def reset_password(
    name: str, state: StateDep, actor: AdministratorDep, lang: LanguageDep, confirm: _Text = ""
) -> Response:
    """Set a random password for an account and show it once."""
    login = users.normalize_login_name(name)
    password = make_password(login)
    try:
        _check_confirmed(confirm)
        users.set_password(state.store, actor, name, password)
    except GeogridError as error:
        return render_account_page(state, actor, lang, name, _reject(error, lang))
    return render_account_page(state, actor, lang, name, FormOutcome(secret=Secret("secret_password", login, password)))


@router.post("/keys", max_body_size=_MAX_BYTES)
def add_key(
    state: StateDep,
    actor: KeyManagerDep,
    lang: LanguageDep,
    form: GrantFormDep,
    name: _Text = "",
    expires: _Text = "",
    seen: Annotated[int, Form(ge=0, le=MAX_ID)] = 0,
) -> Response:
    """Add a key and show it once. A form that is sent twice adds only one key."""
    try:
        last_day = _parse_day(expires, "expires")
        if any(key.id > seen and key.name == name.strip() for key in api_keys.list_keys(state.store, actor)):
            raise ConflictError(
                "A key of this name has been added since the form was opened.",
                code="key_twice",
                remedy="If its text was not saved, revoke that key and add another.",
            )
        key = api_keys.create_key(state.store, name, form.grant(), last_day=last_day, actor=actor)
    except GeogridError as error:
        return render_keys_page(state, actor, lang, _reject(error, lang, form.values(name)))
    return render_keys_page(state, actor, lang, FormOutcome(secret=Secret("secret_key", name.strip(), key)))


@router.post("/keys/{key_id:id}/revoke", max_body_size=_MAX_BYTES)
def revoke_key(
    key_id: RecordId, state: StateDep, actor: KeyManagerDep, lang: LanguageDep, confirm: _Text = ""
) -> Response:
    """Revoke a key."""
    try:
        _check_confirmed(confirm)
        api_keys.revoke_key(state.store, key_id, actor)
    except GeogridError as error:
        return render_keys_page(state, actor, lang, _reject(error, lang))
    return _redirect("/admin/keys", "done_revoked", lang)


@router.post("/people/check", max_body_size=_MAX_FILE + _MAX_BYTES)
def check_people(
    state: StateDep,
    actor: PeopleWriterDep,
    lang: LanguageDep,
    listed: Annotated[UploadFile, File(alias="list")],
    complete_from: _Text = "",
) -> Response:
    """Show the changes by an import of a list of people, without importing it."""
    content = listed.file.read(_MAX_FILE + 1)
    return _import_list(state, actor, lang, content, complete_from, commit=False)


@router.post("/people/import", max_body_size=_MAX_COMMIT_BYTES)
def import_people(
    state: StateDep,
    actor: PeopleWriterDep,
    lang: LanguageDep,
    content: Annotated[str, Form(max_length=_MAX_COMMIT_BYTES)],
    complete_from: _Text = "",
) -> Response:
    """Import the checked list of people. A repeated import changes nothing."""
    try:
        decoded = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    return _import_list(state, actor, lang, decoded, complete_from, commit=True)


@router.post("/rules/replay", max_body_size=_MAX_FILE)
def replay_rules(
    state: StateDep,
    actor: RulesWriterDep,
    lang: LanguageDep,
    candidate: Annotated[UploadFile, File(alias="rules")],
    first: _Text = "",
    last: _Text = "",
) -> Response:
    """Replay the incidents of a period with candidate rules, without changing them."""
    try:
        check_file_name(candidate.filename or "")
        files = {candidate.filename or "": _decode(candidate.file.read(_MAX_FILE))}
        texts = rule_versions.complete_texts(state.store, files)
        rules, candidate_rules = state.rules, rule_versions.parse_checked_rules(state.store, texts)
        replay = rule_replay.replay_rules(
            state.store, rules, candidate_rules, _parse_day(first, "from"), _parse_day(last, "to")
        )
    except GeogridError as error:
        return render_rules_page(state, actor, lang, _reject(error, lang))
    flows = [_format_flow(flow, rules, candidate_rules, lang) for flow in replay.flows]
    result = {"incidents": replay.incidents, "elsewhere": replay.elsewhere, "flows": flows}
    return render_rules_page(state, actor, lang, FormOutcome(), result)


@router.post("/layers/rollback", max_body_size=_MAX_BYTES)
def roll_back(
    state: StateDep,
    actor: LayerWriterDep,
    lang: LanguageDep,
    expected: Annotated[int, Form(ge=0, le=MAX_ID)],
    confirm: _Text = "",
) -> Response:
    """Undo the last activation."""
    try:
        _check_confirmed(confirm)
        layer_generations.reactivate_previous(state.store, actor=actor, expected=expected)
    except GeogridError as error:
        return render_layers_page(state, actor, lang, _reject(error, lang))
    return _redirect("/admin/layers", "done_activated", lang)


@router.post("/layers/{generation_id:id}/activate", max_body_size=_MAX_BYTES)
def activate(
    generation_id: RecordId,
    state: StateDep,
    actor: LayerWriterDep,
    lang: LanguageDep,
    expected: Annotated[int, Form(ge=0, le=MAX_ID)],
    moment: _Text = "",
    confirm: _Text = "",
) -> Response:
    """Activate a generation, now or at a given time."""
    try:
        _check_confirmed(confirm)
        active_from = parse_timestamp(moment) if moment else None
        layer_generations.activate_generation(state.store, generation_id, active_from, actor=actor, expected=expected)
    except GeogridError as error:
        return render_activation_page(state, actor, lang, generation_id, _reject(error, lang))
    return _redirect("/admin/layers", "done_activated", lang)


@router.post("/layers/{generation_id:id}/cancel", max_body_size=_MAX_BYTES)
def cancel(
    generation_id: RecordId, state: StateDep, actor: LayerWriterDep, lang: LanguageDep, confirm: _Text = ""
) -> Response:
    """Cancel the planned activation of a generation."""
    try:
        _check_confirmed(confirm)
        layer_generations.cancel_activation(state.store, generation_id, actor=actor)
    except GeogridError as error:
        return render_layers_page(state, actor, lang, _reject(error, lang))
    return _redirect("/admin/layers", "done_cancelled", lang)


def _import_list(
    state: AppState, actor: Actor, lang: Language, content: bytes, complete_from: str, *, commit: bool
) -> HTMLResponse:
    try:
        if not content:
            raise InputError("No file was chosen.", code="list_missing", field="list")
        if len(content) > _MAX_FILE:
            raise InputError(
                "The list of people is larger than 2 MB.",
                code="too_large",
                field="list",
                remedy="Split it into several files, each with all people of its areas.",
            )
        table = read_table(
            content, TabularFormat.XLSX if content.startswith(b"PK") else TabularFormat.CSV, PEOPLE_COLUMNS
        )
        since = _parse_day(complete_from, "complete_from")
        result = people.import_posts(
            state.store, list(table.rows), actor, state.rules.profile, commit=commit, complete_from=since
        )
    except GeogridError as error:
        return render_people_page(state, actor, lang, _reject(error, lang))
    return render_people_page(
        state, actor, lang, FormOutcome(), result=_describe_import(result, table, content, complete_from, lang)
    )


def _describe_import(
    result: people.PostImport, table: Table, content: bytes, complete_from: str, lang: Language
) -> Mapping[str, object]:
    counts = {
        "rows": result.rows,
        "added": result.added,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "end_missing": len(result.ended),
        "refused_rows": len(result.refused),
        "left_out_rows": len(table.left_out),
    }
    refused = [
        {"number": row.row, "field": row.field or "", "reason": row_reason(row.code, row.reason, lang)}
        for row in result.refused[:_MAX_REFUSED]
    ]
    # A complete list with a refused row cannot be imported.
    confirmable = base64.b64encode(content).decode() if not (complete_from and result.refused) else ""
    return {
        "counts": counts,
        "refused": refused,
        "committed": result.committed,
        "content": confirmable,
        "complete_from": complete_from,
    }


def _reject(error: GeogridError, lang: Language, values: FormValues | None = None) -> FormOutcome:
    outcome = FormOutcome(refused=admin_refusal(error, lang), status=http_status(error))
    return replace(outcome, kept=values) if values else outcome


def _check_confirmed(confirm: str) -> None:
    if confirm != "yes":
        raise InputError("The action has not been confirmed.", code="confirm_missing", field="confirm")


def _parse_day(typed: str, field: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise InputError(
            "The day does not exist, or does not have the form 2026-01-31.", code="day", field=field
        ) from error


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("The file is not in UTF-8.", code="rules_encoding", field="rules") from error


def _format_flow(flow: rule_replay.Flow, rules: RuleSet, candidate: RuleSet, lang: Language) -> str:
    before, after = _format_destination(flow.before, rules, lang), _format_destination(flow.after, candidate, lang)
    return f"{before} → {after}: {flow.incidents}"


def _format_destination(destination: rule_replay.Destination, rules: RuleSet, lang: Language) -> str:
    return f"{destination.department or '–'} ({name_code(rules.profile.levels, destination.level, lang)})"


def _account_path(name: str) -> str:
    return f"/admin/accounts/{quote(name, safe='')}"


def _redirect(path: str, done: str, lang: Language) -> RedirectResponse:
    english = "&lang=en" if lang is Language.EN else ""
    return RedirectResponse(f"{path}?done={done}{english}", HTTPStatus.SEE_OTHER)
