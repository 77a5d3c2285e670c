"""Page of the user's own account, with a form to change the password."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.constants import Language
from geogrid.errors import GeogridError, InputError
from geogrid.model import Actor
from geogrid.services.passwords import MAX_LENGTH
from geogrid.services.sessions import change_own_password
from geogrid_api.admin_access import LoginDep, make_frame
from geogrid_api.admin_rendering import FormOutcome
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.authentication import CookieDep
from geogrid_api.page_dependencies import LanguageDep, html_response
from geogrid_api.problem_details import http_status
from geogrid_maps.admin_error_texts import admin_refusal
from geogrid_maps.admin_page import admin_page
from geogrid_maps.admin_table_rows import role_names

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_PATH = "/account"
_MAX_BYTES = 16_000
_Password = Annotated[str, Form(max_length=MAX_LENGTH)]


@router.get(_PATH)
def show_account(state: StateDep, actor: LoginDep, lang: LanguageDep, done: str = "") -> HTMLResponse:
    """Show the account of the user and the form to change the password."""
    return _page(state, actor, lang, FormOutcome(done="done_password" if done == "done_password" else ""))


@router.post(_PATH, max_body_size=_MAX_BYTES)
def change_password(
    state: StateDep,
    actor: LoginDep,
    cookie: CookieDep,
    lang: LanguageDep,
    current: _Password,
    new: _Password,
    again: _Password,
) -> Response:
    """Change the password of the user and end the other sessions of the account."""
    try:
        if new != again:
            raise InputError("The new passwords differ.", code="passwords_differ", field="again")
        change_own_password(state.store, actor, cookie or "", current, new)
    except GeogridError as error:
        return _page(state, actor, lang, FormOutcome(refused=admin_refusal(error, lang), status=http_status(error)))
    english = "&lang=en" if lang is Language.EN else ""
    return RedirectResponse(f"{_PATH}?done=done_password{english}", HTTPStatus.SEE_OTHER)


def _page(state: AppState, actor: Actor, lang: Language, outcome: FormOutcome) -> HTMLResponse:
    names = role_names(lang)
    html = admin_page(
        "admin_own.html",
        make_frame(state, actor, lang, _PATH),
        refused=outcome.refused,
        done=outcome.done,
        roles=", ".join(names[role] for role in sorted(actor.roles)),
        has_password=actor.id.startswith("user:"),
    )
    return html_response(html, outcome.status)
