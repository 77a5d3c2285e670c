"""The pages of the administration area, made from the services; forms that are refused show their page again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING

from geogrid.model import Duty, Permission
from geogrid.permissions import has_permission
from geogrid.services import keys, layers, people, users
from geogrid.services.rule_sets import list_active_rules
from geogrid.store.people import PostFilter
from geogrid_api.admin_doors import frame_of
from geogrid_api.desk_auth import page
from geogrid_api.people_masking import mask_post, sees_whole
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
    from geogrid_api.dependencies import AppState
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
class Kept:
    """What was filled in, for a form that is shown again."""

    name: str = ""
    display: str = ""
    roles: tuple[str, ...] = ()
    areas: str = ""
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
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
    kept: Kept = field(default_factory=Kept)


@dataclass(frozen=True, slots=True)
class PeopleQuestion:
    """The filters of the list of people, as they were typed; empty text switches a filter off."""

    street: str = ""
    code: str = ""
    duty: str = ""
    day: str = ""
    after: int = 0


def accounts_page(house: AppState, actor: Actor, lang: Language, told: Told) -> HTMLResponse:
    """Return the list of accounts."""
    names = _streets(house)
    rows = [account_row(user, names, lang) for user in users.list_users(house.store, actor)]
    return _page(house, "admin_accounts.html", actor, lang, "/admin/accounts", told, rows=rows)


def account_page(house: AppState, actor: Actor, lang: Language, name: str, told: Told) -> HTMLResponse:
    """Return the page of an account.

    Raises
    ------
    NotFoundError
        If there is no account of that name.
    """
    user = users.get_user(house.store, actor, name)
    bounds = user.grant.bounds
    kept = Kept(roles=tuple(user.grant.roles), areas=" ".join(bounds.areas), departments=bounds.departments)
    return _page(
        house,
        "admin_account.html",
        actor,
        lang,
        f"/admin/accounts/{user.name}",
        told,
        kept=kept,
        row=account_row(user, _streets(house), lang),
        audits=has_permission(actor, Permission.AUDIT_READ),
    )


def keys_page(house: AppState, actor: Actor, lang: Language, told: Told) -> HTMLResponse:
    """Return the list of keys, the newest first."""
    found = keys.list_keys(house.store, actor)
    rows = [key_row(key, _streets(house), lang) for key in reversed(found)]
    seen = max((key.id for key in found), default=0)
    return _page(house, "admin_keys.html", actor, lang, "/admin/keys", told, rows=rows, seen=seen)


def people_page(
    house: AppState,
    actor: Actor,
    lang: Language,
    told: Told,
    asked: PeopleQuestion | None = None,
    found: Mapping[str, object] | None = None,
) -> HTMLResponse:
    """Return the list of people; persons are masked outside of the areas of the account."""
    asked = asked or PeopleQuestion()
    chosen = PostFilter(
        code=asked.code or None,
        duty=Duty(asked.duty) if asked.duty in set(Duty) else None,
        day=_day(asked.day),
        within=asked.street or None,
    )
    listed = people.list_posts(house.store, chosen, after=asked.after, limit=_LISTED)
    posts = [post if sees_whole(actor, post.code) else mask_post(post) for post in listed.items]
    return _page(
        house,
        "admin_people.html",
        actor,
        lang,
        "/admin/people",
        told,
        rows=[post_row(post, layer_names(lang), lang) for post in posts],
        next=listed.next,
        asked=asked,
        duties={duty.value: DUTIES[duty][lang] for duty in Duty},
        writes=has_permission(actor, Permission.PEOPLE_WRITE),
        found=found,
    )


def rules_page(
    house: AppState, actor: Actor, lang: Language, told: Told, found: Mapping[str, object] | None = None
) -> HTMLResponse:
    """Return the active rule sets, and the routing rules one by one."""
    halves = [rule.title.split(" · ") for rule in house.rules.routing.rules]
    return _page(
        house,
        "admin_rules.html",
        actor,
        lang,
        "/admin/rules",
        told,
        rows=[rules_row(rules, lang) for rules in list_active_rules(house.store)],
        routing=[half[0 if lang == "zh" else -1] for half in halves],
        writes=has_permission(actor, Permission.RULES_WRITE),
        found=found,
    )


def layers_page(house: AppState, actor: Actor, lang: Language, told: Told) -> HTMLResponse:
    """Return the list of generations, the newest first."""
    rows = [generation_row(record, lang) for record in reversed(layers.list_generations(house.store))]
    active = next((row.id for row in rows if row.active), 0)
    writes = has_permission(actor, Permission.LAYERS_WRITE)
    return _page(
        house, "admin_layers.html", actor, lang, "/admin/layers", told, rows=rows, active=active, writes=writes
    )


def activate_page(house: AppState, actor: Actor, lang: Language, number: int, told: Told) -> HTMLResponse:
    """Return the page that shows what a generation changes, and asks for a confirmation.

    Raises
    ------
    NotFoundError
        If there is no generation of that id.
    """
    chosen, current = layers.get_generation(house.store, number), layers.generation_at(house.store)
    changes = layers.diff_generations(house.store, current.id, number, snap_m=house.settings.snap_m)
    names = layer_names(lang)
    counts = {
        names.get(name, name): (len(diff.added), len(diff.removed), len(diff.moved))
        for name, diff in changes.layers.items()
    }
    return _page(
        house,
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
    house: AppState, template: str, actor: Actor, lang: Language, here: str, told: Told, **values: object
) -> HTMLResponse:
    shown = {
        "refused": told.refused,
        "done": told.done,
        "secret": told.secret,
        "kept": told.kept,
        "roles": role_names(lang),
        "streets": _streets(house),
        "departments": sorted(house.rules.departments),
    }
    return page(admin_page(template, frame_of(actor, lang, here), **(shown | values)), told.status)


def _streets(house: AppState) -> dict[str, str]:
    return {area.code: area.name for area in house.snapshots.current.pages.backdrop.streets}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
