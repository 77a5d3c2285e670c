"""What the commands of accounts and keys share: the options that say what somebody may do, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from geogrid.model import EVERY_ROLE, Bounds, Grant, Role

if TYPE_CHECKING:
    from collections.abc import Callable

ROLES: Final = [role.value for role in Role if role in EVERY_ROLE]
_OPTIONS: Final = (
    click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="A role 角色; may be repeated."),
    click.option("--area", "areas", multiple=True, metavar="CODE", help="Only in this street, community or grid 区域."),
    click.option("--category", "categories", multiple=True, metavar="CODE", help="Only of this category 类别."),
    click.option("--department", "departments", multiple=True, metavar="NAME", help="Only of this department 部门."),
)


def grant_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what somebody may do, and where; each may be repeated."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def parse_grant(
    roles: tuple[str, ...], areas: tuple[str, ...], categories: tuple[str, ...], departments: tuple[str, ...]
) -> Grant:
    """Return what the options give."""
    return Grant(parse_roles(roles), Bounds(areas, categories, departments))


def parse_roles(roles: tuple[str, ...]) -> frozenset[Role]:
    """Return the roles that the options name."""
    return frozenset(map(Role, roles))
