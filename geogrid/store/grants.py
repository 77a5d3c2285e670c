"""Conversion of grants (roles and bounds) between objects and the rows of accounts and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.model import Bounds, Grant, Role

if TYPE_CHECKING:
    from sqlalchemy import Row


def grant_to_row(grant: Grant) -> dict[str, tuple[str, ...]]:
    """Return the column values of a grant."""
    bounds = grant.bounds
    return {
        "roles": tuple(sorted(grant.roles)),
        "areas": bounds.areas,
        "categories": bounds.categories,
        "departments": bounds.departments,
    }


def grant_from_row(row: Row[Any]) -> Grant:
    """Return the grant of a row."""
    roles = frozenset(Role(role) for role in row.roles)
    return Grant(roles, Bounds(row.areas, row.categories, row.departments))
