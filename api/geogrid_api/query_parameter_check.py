"""Refuse requests with unknown or repeated query parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_origin

from fastapi import Request
from fastapi.routing import APIRoute

from geogrid.errors import QueryError
from geogrid.incidents.query import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fastapi.dependencies.models import Dependant

_API: Final = "/v1/"
_FILTERS: Final = frozenset(field.parameter for field in FIELDS.values())


async def check_parameters(request: Request) -> None:
    """Raise for unknown or repeated query parameters, on all API routes and all pages with filters.

    Raises
    ------
    QueryError
        If a parameter is unknown, or if a single-valued parameter is repeated. The error lists the known names and does
        not repeat the sent one.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    declared = declared_parameters(route)
    if not (route.path.startswith(_API) or _FILTERS & set(declared)):
        return
    sent = [name for name, _ in request.query_params.multi_items()]
    if not set(sent) <= set(declared):
        raise QueryError(
            "The query has an unknown parameter.",
            code="unknown_parameter",
            remedy=f"Use {', '.join(sorted(declared))}." if declared else "This path has no query parameters.",
            allowed=sorted(declared),
        )
    for name, is_list in declared.items():
        if sent.count(name) > 1 and not is_list:
            raise QueryError("The parameter may be sent only once.", code="repeated_parameter", field=name)


def declared_parameters(route: APIRoute) -> Mapping[str, bool]:
    """Return the names of the query parameters of a route, and whether a parameter may be sent several times."""
    return dict(_parameters(route.dependant))


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    for parameter in dependant.query_params:
        yield parameter.alias, get_origin(parameter.field_info.annotation) is list
    for inner in dependant.dependencies:
        yield from _parameters(inner)
