"""Rows of the tables in the administration area, as text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.model import EVERY_ROLE, Layer
from geogrid.permissions import load_roles
from geogrid.rules.vocabulary import name_code
from geogrid_maps.admin_texts import GENERATION_STATES, admin_text
from geogrid_maps.formatting import name_of, to_the_minute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.model import Grant, Post
    from geogrid.rules.profile import Profile
    from geogrid.services.active_rule_versions import ActiveRules
    from geogrid.services.layer_generations import GenerationRecord
    from geogrid.store.api_keys import KeyRecord
    from geogrid.store.users import UserRecord


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as text."""

    name: str
    display_name: str
    roles: str
    areas: str
    created_at: str
    password_changed_at: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as text; `usable`: neither revoked nor expired."""

    id: int
    name: str
    roles: str
    areas: str
    created_at: str
    expires_at: str
    last_used_at: str
    usable: bool


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post as text."""

    name: str
    duty: str
    layer: str
    code: str
    organisation: str
    phone: str
    valid: str


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """A generation as text."""

    id: int
    label: str
    state: str
    active_from: list[str]
    base: int | None
    active: bool
    planned: bool


@dataclass(frozen=True, slots=True)
class RulesRow:
    """An active rule file as text."""

    title: str
    version: str
    since: str
    actor: str


def role_names(language: Language) -> dict[str, str]:
    """Return the names of the roles by their codes."""
    return {role.value: name_of(rule, language) for role, rule in load_roles().items()}


def account_row(user: UserRecord, names: Mapping[str, str], language: Language) -> AccountRow:
    """Return the row of an account."""
    return AccountRow(
        name=user.name,
        display_name=user.display_name,
        roles=_roles(user.grant, language),
        areas=_areas(user.grant, names, language),
        created_at=to_the_minute(user.created_at),
        password_changed_at=to_the_minute(user.password_changed_at),
        enabled=user.disabled_at is None,
    )


def key_row(key: KeyRecord, names: Mapping[str, str], language: Language) -> KeyRow:
    """Return the row of a key."""
    return KeyRow(
        id=key.id,
        name=key.name,
        roles=_roles(key.grant, language),
        areas=_areas(key.grant, names, language),
        created_at=to_the_minute(key.created_at),
        expires_at=to_the_minute(key.expires_at, "–"),
        last_used_at=to_the_minute(key.last_used_at, "–"),
        usable=key.revoked_at is None and (key.expires_at is None or key.expires_at > datetime.now(UTC)),
    )


def post_row(post: Post, profile: Profile, layers: Mapping[str, str], language: Language) -> PostRow:
    """Return the row of a post."""
    duty = name_code(profile.duties, post.duty, language)
    return PostRow(
        name=post.name,
        duty=f"{duty} ({post.title})" if post.title else duty,
        layer=layers.get(post.layer, post.layer),
        code=post.code,
        organisation=post.organisation,
        phone=post.phone,
        valid=f"{post.valid_from} – {post.valid_to or ''}".strip(),
    )


def generation_row(record: GenerationRecord, language: Language) -> GenerationRow:
    """Return the row of a generation."""
    return GenerationRow(
        id=record.generation.id,
        label=record.generation.label,
        state=GENERATION_STATES[record.state][language],
        active_from=[_since(moment) for moment in record.active_from],
        base=record.generation.base,
        active=record.state == "active",
        planned=any(moment > datetime.now(UTC) for moment in record.active_from),
    )


def rules_row(rules: ActiveRules, language: Language) -> RulesRow:
    """Return the row of an active rule file; titles hold both languages, separated by a dot."""
    since = _since(rules.active_from) if rules.active_from else admin_text("shipped", language)
    halves = rules.title.split(" · ")
    return RulesRow(halves[0 if language == "zh" else -1], rules.version, since, rules.actor or "")


def layer_names(language: Language) -> dict[str, str]:
    """Return the names of the seven layers."""
    chinese = {
        Layer.DISTRICT: "区",
        Layer.STREET: "街道",
        Layer.COMMUNITY: "社区",
        Layer.VILLAGE: "村",
        Layer.URBAN: "城市网格",
        Layer.RURAL: "农村网格",
        Layer.DEDICATED: "专属网格",
    }
    return {layer.value: chinese[layer] if language == "zh" else layer.value for layer in Layer}


def _since(moment: datetime) -> str:
    # The first generation is active from the start of Unix time.
    return to_the_minute(moment) if moment.year > 1970 else "…"  # noqa: PLR2004 - Unix time


def _roles(grant: Grant, language: Language) -> str:
    if grant.roles == EVERY_ROLE:
        return admin_text("every_role", language)
    known = role_names(language)
    return (
        "、".join(known[role] for role in sorted(grant.roles))
        if language == "zh"
        else ", ".join(known[role] for role in sorted(grant.roles))
    )


def _areas(grant: Grant, names: Mapping[str, str], language: Language) -> str:
    bounds = grant.bounds
    limits = [names.get(code, code) for code in bounds.areas] + list(bounds.categories) + list(bounds.departments)
    return " · ".join(limits) or admin_text("all_areas", language)
