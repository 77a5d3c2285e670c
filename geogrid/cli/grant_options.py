"""Options for roles and bounds, shared by the commands for accounts and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from geogrid.model import EVERY_ROLE, Bounds, Grant, Role

if TYPE_CHECKING:
    from collections.abc import Callable

ROLES: Final = [role.value for role in Role if role in EVERY_ROLE]
_OPTIONS: Final = (
    click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="Role 角色; can be repeated."),
    click.option(
        "--area",
        "areas",
        multiple=True,
        metavar="CODE",
        help="Bound to this street, community or grid 区域; can be repeated.",
    ),
    click.option(
        "--category", "categories", multiple=True, metavar="CODE", help="Bound to this category 类别; can be repeated."
    ),
    click.option(
        "--department",
        "departments",
        multiple=True,
        metavar="NAME",
        help="Bound to this department 部门; can be repeated.",
    ),
)


def grant_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for roles and bounds to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def parse_grant(
    roles: tuple[str, ...], areas: tuple[str, ...], categories: tuple[str, ...], departments: tuple[str, ...]
) -> Grant:
    """Return the grant of the options."""
    return Grant(parse_roles(roles), Bounds(areas, categories, departments))


def parse_roles(roles: tuple[str, ...]) -> frozenset[Role]:
    """Return the roles of the options."""
    return frozenset(map(Role, roles))
