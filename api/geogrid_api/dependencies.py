"""Dependencies of the routes: datum, date and filter parameters."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from fastapi import Depends, Path, Query, Request
from pydantic import BeforeValidator
from starlette.convertors import IntegerConvertor, register_url_convertor

from geogrid.constants import MAX_ID
from geogrid.errors import AccessError, DatumError, InputError
from geogrid.geo.datums import parse_datum
from geogrid.incidents.query import IncidentQuery, Standing, parse_box, parse_hours
from geogrid.layers.themes import LAYER_NAME
from geogrid.local_time import parse_timestamp
from geogrid.model import IncidentSource, Layer
from geogrid.services.layers import generation_at
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import OptionalActorDep
from geogrid_maps.map_query import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.settings import Settings

F = TypeVar("F")


def get_upload_format(request: Request, formats: Mapping[str, F]) -> F:
    """Return the format of an uploaded file, by its content type.

    Raises
    ------
    InputError
        If the content type is not among the formats.
    """
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type not in formats:
        raise InputError(
            "Files of this content type cannot be imported.",
            code="content_type",
            field="Content-Type",
            remedy=f"Send {', '.join(formats)}.",
        )
    return formats[media_type]


def get_datum(
    state: StateDep,
    datum: Annotated[
        str | None,
        Query(
            description="wgs84, cgcs2000, gcj02 (AMap, Tencent, phones), bd09 (Baidu) or EPSG:NNNN.",
            max_length=40,
            examples=["gcj02"],
        ),
    ] = None,
) -> str:
    """Return the canonical name of the datum of the request, or of the settings."""
    return resolve_datum(datum, state.settings)


def resolve_datum(datum: str | None, settings: Settings) -> str:
    """Return the canonical name of a datum, by default of the configured one.

    Raises
    ------
    DatumError
        If the datum is unknown, or if there is neither a datum nor a configured one.
    """
    if datum is not None:
        return parse_datum(datum)
    if settings.default_datum is None:
        raise DatumError(
            "The datum is missing.",
            code="datum_missing",
            field="datum",
            remedy="Send datum=wgs84, gcj02, bd09, cgcs2000 or EPSG:NNNN; phones in China use gcj02.",
        )
    return settings.default_datum


class _IdConvertor(IntegerConvertor):
    """Path convertor for ids, with at most 19 digits: Python refuses to convert very long numbers."""

    regex = "[0-9]{1,19}"


register_url_convertor("id", _IdConvertor())

IncidentId = Annotated[int, Path(ge=1, le=MAX_ID)]


#: Pattern of area codes.
CODE: Final = r"^[0-9]{6,20}$"
#: Pattern of layer names, including thematic layers.
LAYER: Final = f"^{LAYER_NAME}$"
LayerName = Annotated[str, Path(pattern=LAYER, examples=["urban"])]
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _only_days(value: object) -> object:
    """Raise unless the value is an ISO date. Pydantic would also accept a number, as seconds since 1970."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("The day must have the form 2022-01-31.")
    return value


#: Calendar day in the form 2022-01-31.
Day = Annotated[date, BeforeValidator(_only_days)]
_Code = Annotated[str | None, Query(pattern=CODE)]


class GridLayer(StrEnum):
    """A layer that incidents can be chosen by."""

    URBAN = Layer.URBAN
    RURAL = Layer.RURAL
    DEDICATED = Layer.DEDICATED


async def moment_as_of(
    as_of: Annotated[
        str | None,
        Query(
            max_length=40,
            description="By the layers in force at this moment. Without it a point is located by those in force now, "
            "and an incident counts by those of its own day.",
            examples=["2022-03-01"],
        ),
    ] = None,
) -> datetime | None:
    """Read the moment whose layers are to answer."""
    return None if as_of is None else parse_timestamp(as_of)


MomentDep = Annotated[datetime | None, Depends(moment_as_of)]


def chosen_view(
    as_of: MomentDep,
    first: Annotated[
        Day | None, Query(alias="from", description="The first day, on the clock of the district.")
    ] = None,
    last: Annotated[Day | None, Query(alias="to", description="The last day, which counts.")] = None,
    category: Annotated[str | None, Query(max_length=20, description="A code of GET /v1/categories.")] = None,
    status: Standing | None = None,
    source: IncidentSource | None = None,
    street: _Code = None,
    community: _Code = None,
    layer: GridLayer | None = None,
    weekday: Annotated[
        int | None, Query(ge=1, le=7, description="Reported on 1 Monday to 7 Sunday, on the clock of the district.")
    ] = None,
    hours: Annotated[
        str | None,
        Query(
            pattern=r"^([01]?[0-9]|2[0-3])-([01]?[0-9]|2[0-3])$",
            description="Reported in the hours from the first to the end of the last, on the clock of the district; "
            "22-5 passes midnight.",
            examples=["18-22"],
        ),
    ] = None,
) -> View:
    """Read what lists, figures and maps are all asked for."""
    return View(
        first=first,
        last=last,
        category=category,
        status=status,
        source=source,
        layer=Layer(layer) if layer else None,
        street=street,
        community=community,
        weekday=weekday,
        hours=parse_hours(hours) if hours else None,
        as_of=as_of,
    )


ViewDep = Annotated[View, Depends(chosen_view)]


def incident_filter(
    state: StateDep,
    view: ViewDep,
    actor: OptionalActorDep,
    grid: _Code = None,
    bbox: Annotated[
        str | None,
        Query(max_length=200, description="west,south,east,north in WGS 84 degrees; needs a key or a login."),
    ] = None,
    department: Annotated[str | None, Query(max_length=100, description="Who is to handle it, by name.")] = None,
) -> IncidentQuery:
    """Read the filter of a query; it chooses only what lies within the bounds of who asks.

    Raises
    ------
    AccessError
        If somebody who does not say who they are asks for a box: small ones would tell the place of single incidents.
    """
    box = None if bbox is None else parse_box(bbox)
    if box and actor is None:
        raise AccessError("A box needs a key or a login.", field="bbox", remedy="Ask by street, community or grid.")
    generation = generation_at(state.store, view.as_of).id if view.as_of else None
    within = actor.bounds if actor else None
    return replace(view.filter(generation), grid=grid, box=box, department=department, within=within)


FilterDep = Annotated[IncidentQuery, Depends(incident_filter)]
DatumDep = Annotated[str, Depends(get_datum)]


def require_text(value: object) -> object:
    """Raise unless the value is a string. Pydantic would also accept a number, as seconds since 1970."""
    if not isinstance(value, str):
        raise ValueError("The time must be text such as 2022-01-31T08:30:00+08:00.")  # noqa: TRY004 - pydantic's contract
    return value
