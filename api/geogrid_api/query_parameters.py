"""Refuse requests with unknown or repeated query parameters, so that no request answers another question."""

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
    """Check the names of the query parameters: of every route of the API, and of every page with filters.

    Raises
    ------
    QueryError
        If a parameter is unknown, or if a parameter with one value is sent twice. The error lists the names that exist,
        never the name that was sent.
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
            remedy=f"These exist: {', '.join(sorted(declared))}." if declared else "This address takes none.",
            allowed=sorted(declared),
        )
    for name, is_list in declared.items():
        if sent.count(name) > 1 and not is_list:
            raise QueryError("This parameter takes one value.", code="repeated_parameter", field=name)


def declared_parameters(route: APIRoute) -> Mapping[str, bool]:
    """Return the names of the query parameters of a route, and whether a parameter may be sent several times."""
    return dict(_parameters(route.dependant))


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    for parameter in dependant.query_params:
        yield parameter.alias, get_origin(parameter.field_info.annotation) is list
    for inner in dependant.dependencies:
        yield from _parameters(inner)
