"""The forms of the administration area. A form that is refused shows its page again, with the reason."""

from __future__ import annotations

import base64
import binascii
import json
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
from geogrid.people.files import PeopleFormat, read_people_list
from geogrid.rules.routing import parse_routing
from geogrid.services import keys, layers, people, routing, users
from geogrid.services.passwords import make_password
from geogrid_api.admin_doors import admit
from geogrid_api.admin_pages import (
    Kept,
    Secret,
    Told,
    account_page,
    accounts_page,
    activate_page,
    keys_page,
    layers_page,
    people_page,
    rules_page,
)
from geogrid_api.dependencies import HouseDep, IncidentNumber
from geogrid_api.desk_auth import LanguageDep
from geogrid_api.problems import status_of
from geogrid_maps.admin_refusals import admin_refusal, row_reason
from geogrid_maps.admin_sections import SECTIONS
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid_api.dependencies import AppState

router = APIRouter(prefix="/admin", include_in_schema=False, default_response_class=HTMLResponse)

AdministratorDep = Annotated[Actor, admit(Permission.USERS_MANAGE)]
KeyManagerDep = Annotated[Actor, admit(Permission.KEYS_MANAGE)]
PeopleWriterDep = Annotated[Actor, admit(Permission.PEOPLE_WRITE)]
LayerWriterDep = Annotated[Actor, admit(Permission.LAYERS_WRITE)]
RulesWriterDep = Annotated[Actor, admit(Permission.RULES_WRITE)]
OverviewDep = Annotated[
    Actor, admit(*dict.fromkeys(one for section in SECTIONS for one in sorted(section.permissions)))
]

_MAX_BYTES: Final = 64_000
_MAX_FILE: Final = 2_000_000
#: The list again, in base64, with the fields around it.
_MAX_COMMIT_BYTES: Final = 3_000_000
_MAX_REFUSED: Final = 200
_Text = Annotated[str, Form(max_length=4_000)]
_Words = Annotated[list[str], Form(max_length=100)]


@dataclass(frozen=True, slots=True)
class GrantForm:
    """The roles and areas of a form, as they were filled in."""

    roles: list[str]
    areas: list[str]
    departments: list[str]

    def grant(self) -> Grant:
        """Return what the form grants.

        Raises
        ------
        InputError
            If a role is unknown.
        """
        if not set(self.roles) <= EVERY_ROLE:
            raise InputError("There is no such role.", code="role", field="role")
        return Grant(frozenset(map(Role, self.roles)), Bounds(tuple(self.areas), (), tuple(self.departments)))

    def kept(self, name: str = "", display: str = "") -> Kept:
        """Return the form to be shown again."""
        return Kept(name, display, tuple(self.roles), " ".join(self.areas), tuple(self.departments))


def sent_grant(
    roles: _Words = [],  # noqa: B006 - FastAPI copies defaults
    street: _Text = "",
    areas: _Text = "",
    departments: _Words = [],  # noqa: B006 - as above
) -> GrantForm:
    """Read the roles and areas of a form."""
    codes = [street, *areas.replace(",", " ").replace("，", " ").replace("、", " ").split()]
    return GrantForm(roles, list(dict.fromkeys(filter(None, codes))), departments)


GrantFormDep = Annotated[GrantForm, Depends(sent_grant)]


@router.post("/accounts", max_body_size=_MAX_BYTES)
def add_account(
    house: HouseDep,
    actor: AdministratorDep,
    lang: LanguageDep,
    form: GrantFormDep,
    name: _Text = "",
    display: _Text = "",
) -> Response:
    """Add an account with a random password, and show the password once."""
    login = users.login_name(name)
    password = make_password(login)
    try:
        users.add_user(
            house.store, house.rules, actor, name=name, display_name=display, password=password, grant=form.grant()
        )
    except GeogridError as error:
        return accounts_page(house, actor, lang, _refused(error, lang, form.kept(name, display)))
    return accounts_page(house, actor, lang, Told(secret=Secret("secret_password", login, password)))


@router.post("/accounts/{name}/grant", max_body_size=_MAX_BYTES)
def change_grant(
    name: str, house: HouseDep, actor: AdministratorDep, lang: LanguageDep, form: GrantFormDep
) -> Response:
    """Change the roles and areas of an account; its categories stay."""
    try:
        grant = form.grant()
        bounds = grant.bounds
        change = users.AccountChange(roles=grant.roles, areas=bounds.areas, departments=bounds.departments)
        users.change_user(house.store, house.rules, actor, name, change)
    except GeogridError as error:
        return account_page(house, actor, lang, name, _refused(error, lang))
    return _to(_account(name), "done_grant", lang)


@router.post("/accounts/{name}/state", max_body_size=_MAX_BYTES)
def change_state(
    name: str, house: HouseDep, actor: AdministratorDep, lang: LanguageDep, enabled: _Text, confirm: _Text = ""
) -> Response:
    """Disable an account, or enable it again."""
    enables = enabled == "yes"
    try:
        if not enables:
            _check_confirmed(confirm)
        users.change_user(house.store, house.rules, actor, name, users.AccountChange(enabled=enables))
    except GeogridError as error:
        return account_page(house, actor, lang, name, _refused(error, lang))
    return _to(_account(name), "done_enabled" if enables else "done_disabled", lang)


@router.post("/accounts/{name}/password", max_body_size=_MAX_BYTES)
def reset_password(
    name: str, house: HouseDep, actor: AdministratorDep, lang: LanguageDep, confirm: _Text = ""
) -> Response:
    """Set a random password for an account, and show it once."""
    login = users.login_name(name)
    password = make_password(login)
    try:
        _check_confirmed(confirm)
        users.set_password(house.store, actor, name, password)
    except GeogridError as error:
        return account_page(house, actor, lang, name, _refused(error, lang))
    return account_page(house, actor, lang, name, Told(secret=Secret("secret_password", login, password)))


@router.post("/keys", max_body_size=_MAX_BYTES)
def add_key(
    house: HouseDep,
    actor: KeyManagerDep,
    lang: LanguageDep,
    form: GrantFormDep,
    name: _Text = "",
    expires: _Text = "",
    seen: Annotated[int, Form(ge=0, le=MAX_ID)] = 0,
) -> Response:
    """Add a key, and show it once; a form that is sent twice adds one key."""
    try:
        last_day = _day(expires, "expires")
        if any(key.id > seen and key.name == name.strip() for key in keys.list_keys(house.store, actor)):
            raise ConflictError("A key of this name was added after the form was opened.", code="key_twice")
        key = keys.create_key(house.store, name, form.grant(), last_day=last_day, actor=actor)
    except GeogridError as error:
        return keys_page(house, actor, lang, _refused(error, lang, form.kept(name)))
    return keys_page(house, actor, lang, Told(secret=Secret("secret_key", name.strip(), key)))


@router.post("/keys/{number:number}/revoke", max_body_size=_MAX_BYTES)
def revoke_key(
    number: IncidentNumber, house: HouseDep, actor: KeyManagerDep, lang: LanguageDep, confirm: _Text = ""
) -> Response:
    """Revoke a key."""
    try:
        _check_confirmed(confirm)
        keys.revoke_key(house.store, number, actor)
    except GeogridError as error:
        return keys_page(house, actor, lang, _refused(error, lang))
    return _to("/admin/keys", "done_revoked", lang)


@router.post("/people/check", max_body_size=_MAX_FILE + _MAX_BYTES)
def check_people(
    house: HouseDep,
    actor: PeopleWriterDep,
    lang: LanguageDep,
    listed: Annotated[UploadFile, File(alias="list")],
    complete_from: _Text = "",
) -> Response:
    """Tell what the import of a list would do; nothing is written."""
    content = listed.file.read(_MAX_FILE + 1)
    return _people(house, actor, lang, content, complete_from, commit=False)


@router.post("/people/import", max_body_size=_MAX_COMMIT_BYTES)
def import_people(
    house: HouseDep,
    actor: PeopleWriterDep,
    lang: LanguageDep,
    content: Annotated[str, Form(max_length=_MAX_COMMIT_BYTES)],
    complete_from: _Text = "",
) -> Response:
    """Import the list that was checked before; a list that is imported twice changes nothing the second time."""
    try:
        plain = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        plain = b""
    return _people(house, actor, lang, plain, complete_from, commit=True)


@router.post("/rules/replay", max_body_size=_MAX_FILE)
def replay_rules(
    house: HouseDep,
    actor: RulesWriterDep,
    lang: LanguageDep,
    candidate: Annotated[UploadFile, File(alias="rules")],
    first: _Text = "",
    last: _Text = "",
) -> Response:
    """Replay the incidents of a period under candidate rules; nothing is written."""
    try:
        rules = parse_routing(_json(candidate.file.read(_MAX_FILE)))
        found = routing.replay(house.store, house.rules, rules, _day(first, "from"), _day(last, "to"))
    except GeogridError as error:
        return rules_page(house, actor, lang, _refused(error, lang))
    flows = [
        f"{_destination(flow.before, lang)} → {_destination(flow.after, lang)}: {flow.incidents}"
        for flow in found.flows
    ]
    shown = {"incidents": found.incidents, "elsewhere": found.elsewhere, "flows": flows}
    return rules_page(house, actor, lang, Told(), shown)


@router.post("/layers/rollback", max_body_size=_MAX_BYTES)
def roll_back(
    house: HouseDep,
    actor: LayerWriterDep,
    lang: LanguageDep,
    expected: Annotated[int, Form(ge=0, le=MAX_ID)],
    confirm: _Text = "",
) -> Response:
    """Reactivate the previous generation."""
    try:
        _check_confirmed(confirm)
        layers.roll_back(house.store, actor=actor, expected=expected)
    except GeogridError as error:
        return layers_page(house, actor, lang, _refused(error, lang))
    return _to("/admin/layers", "done_activated", lang)


@router.post("/layers/{number:number}/activate", max_body_size=_MAX_BYTES)
def activate(
    number: IncidentNumber,
    house: HouseDep,
    actor: LayerWriterDep,
    lang: LanguageDep,
    expected: Annotated[int, Form(ge=0, le=MAX_ID)],
    moment: _Text = "",
    confirm: _Text = "",
) -> Response:
    """Activate a generation, now or from a moment on."""
    try:
        _check_confirmed(confirm)
        active_from = parse_timestamp(moment) if moment else None
        layers.activate(house.store, number, active_from, actor=actor, expected=expected)
    except GeogridError as error:
        return activate_page(house, actor, lang, number, _refused(error, lang))
    return _to("/admin/layers", "done_activated", lang)


def _people(
    house: AppState, actor: Actor, lang: Language, content: bytes, complete_from: str, *, commit: bool
) -> HTMLResponse:
    try:
        if not content:
            raise InputError("No file was chosen.", code="list_missing", field="list")
        if len(content) > _MAX_FILE:
            raise InputError("The file is larger than 2 MB.", code="too_large", field="list")
        found = read_people_list(content, PeopleFormat.XLSX if content.startswith(b"PK") else PeopleFormat.CSV)
        since = _day(complete_from, "complete_from")
        done = people.import_posts(house.store, found.rows, actor, commit=commit, complete_from=since)
    except GeogridError as error:
        return people_page(house, actor, lang, _refused(error, lang))
    return people_page(house, actor, lang, Told(), found=_outcome(done, content, complete_from, lang))


def _outcome(done: people.PostImport, content: bytes, complete_from: str, lang: Language) -> Mapping[str, object]:
    counts = {
        "rows": done.rows,
        "added": done.added,
        "changed": done.changed,
        "unchanged": done.unchanged,
        "end_missing": len(done.ended),
        "refused_rows": len(done.refused),
    }
    refused = [
        {"number": row.row, "field": row.field or "", "reason": row_reason(row.code, row.reason, lang)}
        for row in done.refused[:_MAX_REFUSED]
    ]
    # A complete list with a refused row is never imported, so it is not offered.
    offered = base64.b64encode(content).decode() if not (complete_from and done.refused) else ""
    return {
        "counts": counts,
        "refused": refused,
        "committed": done.committed,
        "content": offered,
        "complete_from": complete_from,
    }


def _refused(error: GeogridError, lang: Language, kept: Kept | None = None) -> Told:
    told = Told(refused=admin_refusal(error, lang), status=status_of(error))
    return replace(told, kept=kept) if kept else told


def _check_confirmed(confirm: str) -> None:
    if confirm != "yes":
        raise InputError("The confirmation is missing.", code="confirm_missing", field="confirm")


def _day(typed: str, field: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise InputError("A day is written like 2026-01-31.", code="day", field=field) from error


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError("The file is not JSON.", code="json_invalid", field="rules") from error


def _destination(found: routing.Destination, lang: Language) -> str:
    return f"{found.department or '–'} ({text(f'level_{found.level}', lang)})"


def _account(name: str) -> str:
    return f"/admin/accounts/{quote(name, safe='')}"


def _to(path: str, done: str, lang: Language) -> RedirectResponse:
    english = "&lang=en" if lang is Language.EN else ""
    return RedirectResponse(f"{path}?done={done}{english}", HTTPStatus.SEE_OTHER)
