"""What accounts and keys can be given: whether that exists, and how it is told."""

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

#: The layers whose areas incidents lie in; the district as a whole is no bound.
_LAYERS: Final = (Layer.STREET, Layer.COMMUNITY, Layer.VILLAGE, Layer.URBAN, Layer.RURAL, Layer.DEDICATED)


def check_grant(connection: Connection, grant: Grant, rules: RuleSet) -> None:
    """Raise unless all that is given exists.

    Raises
    ------
    InputError
        If there is no role, if an area is not in force, if a category or department is not in the lists, or if an
        administrator is to have bounds.
    NotFoundError
        If areas are named and no layers are in force.
    """
    bounds = grant.bounds
    if not grant.roles or not grant.roles <= EVERY_ROLE:
        raise InputError("At least one role is needed, and system is not given to anybody.", code="role", field="role")
    if bounds and Role.ADMINISTRATOR in grant.roles:
        raise InputError(
            "An administrator has no bounds: accounts and keys are those of the whole district.",
            code="administrator_bounded",
            field="role",
            remedy="Give the other roles to an account of their own.",
        )
    _check_known(bounds.categories, rules.categories, "category", "Ask GET /v1/categories for their codes.")
    _check_known(bounds.departments, rules.departments, "department", "Take a name of the list of categories.")
    if bounds.areas:
        codes = area_codes(connection, generation_at(connection))
        known = set().union(*(codes[layer] for layer in _LAYERS))
        _check_known(bounds.areas, known, "area", "Take the code of a street, community, village or grid.")


def describe_grant(grant: Grant) -> str:
    """Return in one line what is given.

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


def _check_known(given: Collection[str], known: Collection[str], field: str, remedy: str) -> None:
    # What is given is a few words; they were typed by the one who reads this, and are not repeated all the same.
    unknown = [place for place, value in enumerate(given, 1) if value not in known]
    if unknown:
        raise InputError(
            f"Number {unknown[0]} of those given is not there.", code=f"{field}_unknown", field=field, remedy=remedy
        )
