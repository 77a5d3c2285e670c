"""Validation and description of grants: the roles and bounds of accounts and API keys."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from geogrid.errors import InputError
from geogrid.model import EVERY_ROLE, Layer, Role
from geogrid.store.generations import generation_at
from geogrid.store.layers import area_codes

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Grant

#: The layers whose areas can be bounds; the district as a whole is not a restriction.
_LAYERS: Final = (Layer.STREET, Layer.COMMUNITY, Layer.VILLAGE, Layer.URBAN, Layer.RURAL, Layer.DEDICATED)


def check_grant(connection: Connection, grant: Grant, rules: RuleSet) -> None:
    """Raise unless a grant is valid.

    Raises
    ------
    InputError
        If there is no role, if an area, category or department is unknown, or if an administrator has bounds.
    NotFoundError
        If the grant has areas and no generation is active.
    """
    bounds = grant.bounds
    if not grant.roles or not grant.roles <= EVERY_ROLE:
        raise InputError("A grant needs at least one role, and system is not allowed.", code="role", field="role")
    if bounds and Role.ADMINISTRATOR in grant.roles:
        raise InputError(
            "An administrator cannot have bounds, because accounts and keys belong to the whole district.",
            code="administrator_bounded",
            field="role",
            remedy="Use a separate account for the other roles.",
        )
    _check_known(bounds.categories, rules.categories.nodes, "category", "Use a code from GET /v1/categories.")
    _check_known(bounds.departments, rules.departments, "department", "GET /v1/workflow lists the departments.")
    if bounds.areas:
        codes = area_codes(connection, generation_at(connection))
        known = set().union(*(codes[layer] for layer in _LAYERS))
        _check_known(bounds.areas, known, "area", "Use the code of a street, community, village or grid.")


def describe_grant(grant: Grant) -> str:
    """Return a one-line description of a grant.

    Examples
    --------
    >>> from geogrid.model import Bounds, Grant
    >>> describe_grant(Grant(frozenset({Role.LEADER, Role.HANDLER}), Bounds(areas=("140213051",))))
    'handler, leader; areas 140213051'
    >>> describe_grant(Grant(EVERY_ROLE))
    'every role'
    """
    parts = ["every role" if grant.roles == EVERY_ROLE else ", ".join(sorted(grant.roles))]
    parts += [f"{name} {', '.join(values)}" for name, values in asdict(grant.bounds).items() if values]
    return "; ".join(parts)


def _check_known(values: Collection[str], known: Collection[str], field: str, remedy: str) -> None:
    # The message names the position, because it must not repeat user input.
    unknown = [position for position, value in enumerate(values, 1) if value not in known]
    if unknown:
        raise InputError(
            f"Value {unknown[0]} of {field} is unknown.", code=f"{field}_unknown", field=field, remedy=remedy
        )
