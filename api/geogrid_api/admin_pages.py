"""The pages of the administration area, made from the services; forms that are refused show their page again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING

from geogrid.model import Duty, Permission
from geogrid.permissions import may
from geogrid.services import keys, layers, people, users
from geogrid.services.rule_sets import list_active_rules
from geogrid.store.people import PostFilter
from geogrid_api.admin_access import make_frame
from geogrid_api.html_pages import html_response
from geogrid_api.people_masking import mask_post, may_see_people
from geogrid_maps.admin import admin_page
from geogrid_maps.admin_lists import (
    account_row,
    generation_row,
    key_row,
    layer_names,
    post_row,
    role_names,
    rules_row,
)
from geogrid_maps.ui_texts import DUTIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi.responses import HTMLResponse

    from geogrid.constants import Language
    from geogrid.model import Actor
    from geogrid_api.app_state import AppState
    from geogrid_maps.desk_refusals import Refused

_LISTED = 100


@dataclass(frozen=True, slots=True)
class Secret:
    """A key or a password that a page shows once.

    Attributes
    ----------
    label
        The word of the text beside it.
    of
        The name of its key or account.
    value
        The secret.
    """

    label: str
    of: str
    value: str


@dataclass(frozen=True, slots=True)
class FormValues:
    """What was filled in, for a form that is shown again."""

    name: str = ""
    display: str = ""
    roles: tuple[str, ...] = ()
    areas: str = ""
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormOutcome:
    """What a form has led to; its page tells it.

    Attributes
    ----------
    refused
        Why it was refused.
    status
        Of the response.
    done
        The word of the text that tells the success.
    secret
        What is shown once.
    kept
        What was filled in.
    """

    refused: Refused | None = None
    status: int = HTTPStatus.OK
    done: str = ""
    secret: Secret | None = None
    kept: FormValues = field(default_factory=FormValues)


@dataclass(frozen=True, slots=True)
class PeopleQuery:
    """The filters of the list of people, as they were typed; empty text switches a filter off."""

    street: str = ""
    code: str = ""
    duty: str = ""
    day: str = ""
    after: int = 0


def render_accounts_page(state: AppState, actor: Actor, lang: Language, told: FormOutcome) -> HTMLResponse:
    """Return the list of accounts."""
    names = _streets(state)
    rows = [account_row(user, names, lang) for user in users.list_users(state.store, actor)]
    return _page(state, "admin_accounts.html", actor, lang, "/admin/accounts", told, rows=rows)


def render_account_page(state: AppState, actor: Actor, lang: Language, name: str, told: FormOutcome) -> HTMLResponse:
    """Return the page of an account.

    Raises
    ------
    NotFoundError
        If there is no account of that name.
    """
    user = users.get_user(state.store, actor, name)
    bounds = user.grant.bounds
    kept = FormValues(roles=tuple(user.grant.roles), areas=" ".join(bounds.areas), departments=bounds.departments)
    return _page(
        state,
        "admin_account.html",
        actor,
        lang,
        f"/admin/accounts/{user.name}",
        told,
        kept=kept,
        row=account_row(user, _streets(state), lang),
        audits=may(actor, Permission.AUDIT_READ),
    )


def render_keys_page(state: AppState, actor: Actor, lang: Language, told: FormOutcome) -> HTMLResponse:
    """Return the list of keys, the newest first."""
    found = keys.list_keys(state.store, actor)
    rows = [key_row(key, _streets(state), lang) for key in reversed(found)]
    seen = max((key.id for key in found), default=0)
    return _page(state, "admin_keys.html", actor, lang, "/admin/keys", told, rows=rows, seen=seen)


def render_people_page(
    state: AppState,
    actor: Actor,
    lang: Language,
    told: FormOutcome,
    asked: PeopleQuery | None = None,
    found: Mapping[str, object] | None = None,
) -> HTMLResponse:
    """Return the list of people; persons are masked outside of the areas of the account."""
    asked = asked or PeopleQuery()
    chosen = PostFilter(
        code=asked.code or None,
        duty=Duty(asked.duty) if asked.duty in set(Duty) else None,
        day=_day(asked.day),
        within=asked.street or None,
    )
    listed = people.list_posts(state.store, chosen, after=asked.after, limit=_LISTED)
    posts = [post if may_see_people(actor, post.code) else mask_post(post) for post in listed.items]
    return _page(
        state,
        "admin_people.html",
        actor,
        lang,
        "/admin/people",
        told,
        rows=[post_row(post, layer_names(lang), lang) for post in posts],
        next=listed.next,
        asked=asked,
        duties={duty.value: DUTIES[duty][lang] for duty in Duty},
        writes=may(actor, Permission.PEOPLE_WRITE),
        found=found,
    )


def render_rules_page(
    state: AppState, actor: Actor, lang: Language, told: FormOutcome, found: Mapping[str, object] | None = None
) -> HTMLResponse:
    """Return the active rule sets, and the routing rules one by one."""
    halves = [rule.title.split(" · ") for rule in state.rules.routing.rules]
    return _page(
        state,
        "admin_rules.html",
        actor,
        lang,
        "/admin/rules",
        told,
        rows=[rules_row(rules, lang) for rules in list_active_rules(state.store)],
        routing=[half[0 if lang == "zh" else -1] for half in halves],
        writes=may(actor, Permission.RULES_WRITE),
        found=found,
    )


def render_layers_page(state: AppState, actor: Actor, lang: Language, told: FormOutcome) -> HTMLResponse:
    """Return the list of generations, the newest first."""
    rows = [generation_row(record, lang) for record in reversed(layers.list_generations(state.store))]
    active = next((row.id for row in rows if row.active), 0)
    writes = may(actor, Permission.LAYERS_WRITE)
    return _page(
        state, "admin_layers.html", actor, lang, "/admin/layers", told, rows=rows, active=active, writes=writes
    )


def render_activation_page(
    state: AppState, actor: Actor, lang: Language, number: int, told: FormOutcome
) -> HTMLResponse:
    """Return the page that shows what a generation changes, and asks for a confirmation.

    Raises
    ------
    NotFoundError
        If there is no generation of that id.
    """
    chosen, current = layers.get_generation(state.store, number), layers.generation_at(state.store)
    changes = layers.diff_generations(state.store, current.id, number, snap_m=state.settings.snap_m)
    names = layer_names(lang)
    counts = {
        names.get(name, name): (len(diff.added), len(diff.removed), len(diff.moved))
        for name, diff in changes.layers.items()
    }
    return _page(
        state,
        "admin_activate.html",
        actor,
        lang,
        f"/admin/layers/{number}/activate",
        told,
        chosen=chosen,
        current=current,
        incidents=changes.incidents,
        change_hands=changes.change_hands,
        changes=counts,
    )


def _page(
    state: AppState, template: str, actor: Actor, lang: Language, here: str, told: FormOutcome, **values: object
) -> HTMLResponse:
    shown = {
        "refused": told.refused,
        "done": told.done,
        "secret": told.secret,
        "kept": told.kept,
        "roles": role_names(lang),
        "streets": _streets(state),
        "departments": sorted(state.rules.departments),
    }
    return html_response(admin_page(template, make_frame(actor, lang, here), **(shown | values)), told.status)


def _streets(state: AppState) -> dict[str, str]:
    return {area.code: area.name for area in state.snapshots.current.page_data.backdrop.streets}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
