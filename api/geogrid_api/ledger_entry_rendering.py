"""Render the page of a ledger entry from the store, also after a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.errors import GeogridError
from geogrid.ledger.transitions import allowed_transitions
from geogrid.model import Permission
from geogrid.permissions import has_permission
from geogrid.services.ledger import read_entry
from geogrid.services.ledger_lists import read_names
from geogrid_api.admin_access import make_frame
from geogrid_api.page_dependencies import html_response
from geogrid_api.problem_details import http_status
from geogrid_maps.ledger_entry import FormResult, LedgerInput, entry_page, lost_entry_page
from geogrid_maps.ledger_texts import ledger_refusal
from geogrid_maps.page_context import LEDGER

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse

    from geogrid.constants import Language
    from geogrid.model import Actor
    from geogrid_api.app_state import AppState


def render_entry(state: AppState, actor: Actor, lang: Language, entry_id: int, result: FormResult) -> str:
    """Return the page of an entry with the steps that the actor can take now.

    Raises
    ------
    NotFoundError, ForbiddenError
        If the entry does not exist or lies outside the bounds of the actor.
    """
    history = read_entry(state.store, actor, entry_id)
    return entry_page(
        history,
        allowed_transitions(history.entry.progress, actor, state.rules.ledger),
        read_names(state.store, state.rules, lang),
        sorted(state.rules.departments),
        make_frame(state, actor, lang, f"{LEDGER}/{entry_id}"),
        result,
        account=actor.id,
        unmasked=has_permission(actor, Permission.PEOPLE_READ),
    )


def refuse_form(
    state: AppState, actor: Actor, lang: Language, entry_id: int, error: GeogridError, sent: LedgerInput
) -> HTMLResponse:
    """Return the page of an entry after a refused form, with the error and the input that the user has sent."""
    try:
        html = render_entry(state, actor, lang, entry_id, FormResult(ledger_refusal(error, lang), sent))
    except GeogridError as hidden:
        return render_lost_entry(state, actor, lang, entry_id, hidden, sent)
    return html_response(html, http_status(error))


def render_lost_entry(
    state: AppState, actor: Actor, lang: Language, entry_id: int, error: GeogridError, sent: LedgerInput
) -> HTMLResponse:
    """Return the page after a form for an entry that the actor can no longer see."""
    frame = make_frame(state, actor, lang, f"{LEDGER}/{entry_id}")
    return html_response(lost_entry_page(ledger_refusal(error, lang), sent, frame, actor.id), http_status(error))
