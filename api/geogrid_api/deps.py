"""What the routes ask for: the open house, a key, a filter, a point."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from fastapi import Depends, Path, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BeforeValidator
from starlette.convertors import IntegerConvertor, register_url_convertor

from geogrid.crs import parse_datum
from geogrid.errors import DatumError, InputError
from geogrid.incidents.filters import IncidentFilter, parse_box, parse_moment
from geogrid.layers.themes import LAYER_NAME
from geogrid.model import IncidentStatus, Layer, Source
from geogrid.services import accounts
from geogrid.services.layers import generation_at
from geogrid_api.snapshots import Snapshot
from geogrid_maps.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anyio import CapacityLimiter

    from geogrid.model import Category
    from geogrid.settings import Settings
    from geogrid.store.database import Store
    from geogrid_api.exports import Exports
    from geogrid_api.snapshots import Snapshots


F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class House:
    """What the service holds open while it runs."""

    settings: Settings
    store: Store
    categories: Mapping[str, Category]
    snapshots: Snapshots
    exports: Exports
    #: So many batches of points are worked on at once; others wait, and single points do not.
    batches: CapacityLimiter
    #: Reading a large layer takes a processor for itself: uploads wait for each other, and hold no thread meanwhile.
    uploads: CapacityLimiter


def get_house(request: Request) -> House:
    """Return the house of the running application."""
    house: House = request.app.state.house
    return house


HouseDep = Annotated[House, Depends(get_house)]


def get_snapshot(house: HouseDep) -> Snapshot:
    """Return the generation in force, the same one for the whole of a request."""
    return house.snapshots.current


SnapshotDep = Annotated[Snapshot, Depends(get_snapshot)]

_bearer = HTTPBearer(auto_error=False, description="A key from `geogrid keys add` or the first `geogrid demo`.")


def require_key(
    house: HouseDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> None:
    """Let only holders of a key pass."""
    accounts.check_key(house.store, credentials.credentials if credentials else None)


KeyRequired = Depends(require_key)


def holds_key(
    request: Request, house: HouseDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> bool:
    """Say whether the request comes with a key; a wrong one is refused, as is another scheme than Bearer."""
    if "authorization" not in request.headers:
        return False
    require_key(house, credentials)
    return True


HoldsKey = Annotated[bool, Depends(holds_key)]
#: For the OpenAPI document of a route that asks `HoldsKey`: it answers without a key as well.
KEY_OPTIONAL: Final[dict[str, list[dict[str, list[str]]]]] = {"security": [{}]}


def sent_format(request: Request, formats: Mapping[str, F]) -> F:
    """Return the format of the file that a request sends, by its content type.

    Raises
    ------
    InputError
        If it is none of these.
    """
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type not in formats:
        raise InputError(
            "The content type is not one that can be imported.",
            code="content_type",
            field="Content-Type",
            remedy=f"Send {', '.join(formats)}.",
        )
    return formats[media_type]


def chosen_datum(
    house: HouseDep,
    datum: Annotated[
        str | None,
        Query(
            description="wgs84, cgcs2000, gcj02 (AMap, Tencent, phones), bd09 (Baidu) or EPSG:NNNN.",
            max_length=40,
            examples=["gcj02"],
        ),
    ] = None,
) -> str:
    """Return the canonical datum of the request, or of the settings."""
    return named_datum(datum, house.settings)


def named_datum(datum: str | None, settings: Settings) -> str:
    """Return the canonical form of a datum, or the configured one.

    Raises
    ------
    DatumError
        If none is named and none is configured: a datum is never guessed.
    """
    if datum is not None:
        return parse_datum(datum)
    if settings.default_datum is None:
        raise DatumError(
            "The datum is missing.",
            code="datum_missing",
            field="datum",
            remedy="Send datum=wgs84, gcj02, bd09, cgcs2000 or EPSG:NNNN; phones in China speak gcj02.",
        )
    return settings.default_datum


class _NumberConvertor(IntegerConvertor):
    """A number in a path, of no more digits than a number can have: Python refuses to convert thousands of them."""

    regex = "[0-9]{1,19}"


register_url_convertor("number", _NumberConvertor())

#: What a code of an area looks like, in every scheme.
CODE: Final = r"^[0-9]{6,20}$"
#: What the name of a layer looks like, thematic ones included.
LAYER: Final = f"^{LAYER_NAME}$"
#: Such a name in a path.
LayerName = Annotated[str, Path(pattern=LAYER, examples=["urban"])]
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _only_days(value: object) -> object:
    """Let no number pass for a day: pydantic would take it for seconds since 1970."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("A day is written like 2022-01-31.")
    return value


#: A day of the calendar, as ISO 8601 writes it and in no other way.
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
    return None if as_of is None else parse_moment(as_of)


MomentDep = Annotated[datetime | None, Depends(moment_as_of)]


def chosen_view(
    as_of: MomentDep,
    first: Annotated[
        Day | None, Query(alias="from", description="The first day, on the clock of the district.")
    ] = None,
    last: Annotated[Day | None, Query(alias="to", description="The last day, which counts.")] = None,
    category: Annotated[str | None, Query(max_length=20, description="A code of GET /v1/categories.")] = None,
    status: IncidentStatus | None = None,
    source: Source | None = None,
    street: _Code = None,
    community: _Code = None,
    layer: GridLayer | None = None,
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
        as_of=as_of,
    )


ViewDep = Annotated[View, Depends(chosen_view)]


def incident_filter(
    house: HouseDep,
    view: ViewDep,
    grid: _Code = None,
    bbox: Annotated[str | None, Query(max_length=200, description="west,south,east,north in WGS 84 degrees.")] = None,
) -> IncidentFilter:
    """Read the filter of a query."""
    generation = generation_at(house.store, view.as_of).id if view.as_of else None
    return replace(view.filter(generation), grid=grid, box=None if bbox is None else parse_box(bbox))


FilterDep = Annotated[IncidentFilter, Depends(incident_filter)]
DatumDep = Annotated[str, Depends(chosen_datum)]
