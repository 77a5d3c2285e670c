"""Rendering of the pages of the administration area. A rejected form shows its page again with the error."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING

from geogrid.constants import Language
from geogrid.model import Permission
from geogrid.permissions import has_permission
from geogrid.rules.vocabulary import name_codes
from geogrid.services import api_keys, layer_generations, people, users
from geogrid.services.active_rule_versions import list_active_rules
from geogrid.store.people import GenerationArea, PostFilter
from geogrid_api.admin_access import make_frame
from geogrid_api.page_dependencies import html_response
from geogrid_api.people_masking import mask_unless_permitted
from geogrid_maps.admin_page import admin_page
from geogrid_maps.admin_table_rows import (
    account_row,
    generation_row,
    key_row,
    layer_names,
    post_row,
    role_names,
    rules_row,
)
from geogrid_maps.desk_report import DATUMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi.responses import HTMLResponse

    from geogrid.model import Actor
    from geogrid_api.app_state import AppState
    from geogrid_maps.desk_error_texts import Refused

_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Secret:
    """A key or a password that a page shows once.

    Attributes
    ----------
    label
        Key of the text beside the secret.
    of
        Name of the key or account.
    value
        Key or password.
    """

    label: str
    of: str
    value: str


@dataclass(frozen=True, slots=True)
class FormValues:
    """Values of a rejected form, to fill it in again."""

    name: str = ""
    display: str = ""
    roles: tuple[str, ...] = ()
    areas: str = ""
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormOutcome:
    """Outcome of a form, shown on its page.

    Attributes
    ----------
    refused
        Reason of the rejection.
    status
        HTTP status of the response.
    done
        Key of the success message.
    secret
        Key or password to show once.
    kept
        Values of the form.
    """

    refused: Refused | None = None
    status: int = HTTPStatus.OK
    done: str = ""
    secret: Secret | None = None
    kept: FormValues = field(default_factory=FormValues)


@dataclass(frozen=True, slots=True)
class PeopleQuery:
    """Filters of the list of people, as typed. An empty text disables a filter."""

    street: str = ""
    code: str = ""
    duty: str = ""
    day: str = ""
    after: int = 0


def render_accounts_page(state: AppState, actor: Actor, lang: Language, outcome: FormOutcome) -> HTMLResponse:
    """Return the page of accounts."""
    names = _street_names(state)
    rows = [account_row(user, names, lang) for user in users.list_users(state.store, actor)]
    return _page(state, "admin_accounts.html", actor, lang, "/admin/accounts", outcome, rows=rows)


def render_account_page(state: AppState, actor: Actor, lang: Language, name: str, outcome: FormOutcome) -> HTMLResponse:
    """Return the page of an account.

    Raises
    ------
    NotFoundError
        If there is no account of this name.
    """
    user = users.get_user(state.store, actor, name)
    bounds = user.grant.bounds
    values = FormValues(roles=tuple(user.grant.roles), areas=" ".join(bounds.areas), departments=bounds.departments)
    return _page(
        state,
        "admin_account.html",
        actor,
        lang,
        f"/admin/accounts/{user.name}",
        outcome,
        kept=values,
        row=account_row(user, _street_names(state), lang),
        audits=has_permission(actor, Permission.AUDIT_READ),
    )


def render_keys_page(state: AppState, actor: Actor, lang: Language, outcome: FormOutcome) -> HTMLResponse:
    """Return the page of keys, newest first."""
    found = api_keys.list_keys(state.store, actor)
    rows = [key_row(key, _street_names(state), lang) for key in reversed(found)]
    seen = max((key.id for key in found), default=0)
    return _page(state, "admin_keys.html", actor, lang, "/admin/keys", outcome, rows=rows, seen=seen)


def render_people_page(
    state: AppState,
    actor: Actor,
    lang: Language,
    outcome: FormOutcome,
    filters: PeopleQuery | None = None,
    result: Mapping[str, object] | None = None,
) -> HTMLResponse:
    """Return the list of people; persons outside the bounds of the account are masked."""
    filters, snapshot, profile = filters or PeopleQuery(), state.snapshots.current, state.rules.profile
    post_filter = PostFilter(
        code=filters.code or None,
        duty=filters.duty if filters.duty in profile.duties else None,
        day=_parse_day(filters.day),
        within=GenerationArea(snapshot.generation.id, filters.street) if filters.street else None,
    )
    page = people.list_posts(state.store, post_filter, after=filters.after, limit=_PAGE_SIZE)
    posts = [mask_unless_permitted(actor, post, snapshot.tree, profile) for post in page.items]
    return _page(
        state,
        "admin_people.html",
        actor,
        lang,
        "/admin/people",
        outcome,
        rows=[post_row(post, profile, layer_names(lang), lang) for post in posts],
        next=page.next,
        asked=filters,
        duties=name_codes(profile.duties, lang),
        writes=has_permission(actor, Permission.PEOPLE_WRITE),
        found=result,
    )


def render_rules_page(
    state: AppState, actor: Actor, lang: Language, outcome: FormOutcome, result: Mapping[str, object] | None = None
) -> HTMLResponse:
    """Return the page of the active rule sets and the routing rules."""
    titles = [rule.title.split(" · ") for rule in state.rules.routing.rules]
    return _page(
        state,
        "admin_rules.html",
        actor,
        lang,
        "/admin/rules",
        outcome,
        rows=[rules_row(rules, lang) for rules in list_active_rules(state.store)],
        routing=[title[0 if lang == "zh" else -1] for title in titles],
        writes=has_permission(actor, Permission.RULES_WRITE),
        found=result,
    )


@dataclass(frozen=True, slots=True)
class LayerUploadResult:
    """Result of an upload of layers.

    Attributes
    ----------
    areas
        Number of areas by layer.
    errors, warnings
        Number of findings.
    findings
        The first findings in words.
    notes
        Notes from reading the files.
    generation
        Id of the draft; None after an error.
    """

    areas: Mapping[str, int]
    errors: int
    warnings: int
    findings: list[str]
    notes: list[str]
    generation: int | None


def render_layers_page(
    state: AppState, actor: Actor, lang: Language, outcome: FormOutcome, upload: LayerUploadResult | None = None
) -> HTMLResponse:
    """Return the page of generations, newest first, and the form that brings layers."""
    rows = [generation_row(record, lang) for record in reversed(layer_generations.list_generations(state.store))]
    active = next((row.id for row in rows if row.active), 0)
    writes = has_permission(actor, Permission.LAYERS_WRITE)
    names = layer_names(lang)
    return _page(
        state,
        "admin_layers.html",
        actor,
        lang,
        "/admin/layers",
        outcome,
        rows=rows,
        active=active,
        writes=writes,
        layers={layer.value: names[layer] for layer in state.rules.profile.layers},
        datums={code: words[lang is Language.EN] for code, words in DATUMS.items()},
        upload=upload,
        empty=not state.snapshots.has_layers,
    )


def render_activation_page(
    state: AppState, actor: Actor, lang: Language, generation_id: int, outcome: FormOutcome
) -> HTMLResponse:
    """Return the page that shows the changes by a generation and confirms its activation.

    Raises
    ------
    NotFoundError
        If there is no generation of this id.
    """
    generation = layer_generations.get_generation(state.store, generation_id)
    current = layer_generations.generation_at(state.store) if state.snapshots.has_layers else None
    changes = (
        layer_generations.diff_generations(state.store, current.id, generation_id, snap_m=state.settings.snap_m)
        if current
        else None
    )
    names = layer_names(lang)
    counts = {
        names.get(name, name): tuple(
            len(changed) for changed in (diff.added, diff.removed, diff.split, diff.merged, diff.moved)
        )
        for name, diff in (changes.layers if changes else {}).items()
    }
    return _page(
        state,
        "admin_activate.html",
        actor,
        lang,
        f"/admin/layers/{generation_id}/activate",
        outcome,
        chosen=generation,
        current=current,
        incidents=changes.incidents if changes else 0,
        change_hands=changes.change_hands if changes else 0,
        changes=counts,
    )


def _page(
    state: AppState, template: str, actor: Actor, lang: Language, here: str, outcome: FormOutcome, **values: object
) -> HTMLResponse:
    defaults = {
        "refused": outcome.refused,
        "done": outcome.done,
        "secret": outcome.secret,
        "kept": outcome.kept,
        "roles": role_names(lang),
        "streets": _street_names(state),
        "departments": sorted(state.rules.departments),
    }
    return html_response(
        admin_page(template, make_frame(state, actor, lang, here), **(defaults | values)), outcome.status
    )


def _street_names(state: AppState) -> dict[str, str]:
    if not state.snapshots.has_layers:
        return {}
    return {area.code: area.name for area in state.snapshots.current.prepared.backdrop.streets}


def _parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
