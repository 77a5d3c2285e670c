"""Dependencies of the routes: datum, date and filter parameters."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator, BeforeValidator, Field
from starlette.convertors import IntegerConvertor, register_url_convertor

from geogrid.constants import AREA_CODE, MAX_ID, Language
from geogrid.errors import AccessError, DatumError, InputError
from geogrid.geo.datums import parse_datum
from geogrid.incidents.query import FIELDS, FilterValues, IncidentQuery, QueueQuery, parse_day
from geogrid.incidents.query_field import QueryField, declared_fields
from geogrid.layers.thematic_layers import LAYER_NAME
from geogrid.local_time import parse_timestamp
from geogrid.services.counting_basis import CountingBasis, find_basis
from geogrid.services.filter_value_check import check_values
from geogrid.services.layer_generations import generation_at
from geogrid_api.app_state import SnapshotDep, StateDep
from geogrid_api.authentication import OptionalActorDep

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from geogrid.settings import Settings

F = TypeVar("F")
#: Maximum length of the parameter `datum`.
MAX_DATUM: Final = 40


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


async def get_datum(
    state: StateDep,
    datum: Annotated[
        str | None,
        Query(
            description="wgs84, cgcs2000, gcj02 (AMap, Tencent, phones), bd09 (Baidu) or EPSG:NNNN.",
            max_length=MAX_DATUM,
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

#: Id of a record in a path.
RecordId = Annotated[int, Path(ge=1, le=MAX_ID)]


#: Pattern of area codes.
CODE: Final = f"^{AREA_CODE}$"
#: Pattern of layer names, including thematic layers.
LAYER: Final = f"^{LAYER_NAME}$"
LayerName = Annotated[str, Path(pattern=LAYER, examples=["urban"])]


def _only_days(value: object) -> date:
    """Return a day. Pydantic alone would accept a number, as seconds since 1970."""
    return parse_day(value if isinstance(value, str) else "")


#: Calendar day in the form 2022-01-31.
Day = Annotated[date, BeforeValidator(_only_days)]


async def parse_as_of(
    as_of: Annotated[
        str | None,
        Query(
            max_length=40,
            description="Use the generation active at this time. By default the active generation locates points, "
            "and incidents count by the generation of their day.",
            examples=["2022-03-01"],
        ),
    ] = None,
) -> datetime | None:
    """Return the time that selects the generation."""
    return None if as_of is None else parse_timestamp(as_of)


AsOfDep = Annotated[datetime | None, Depends(parse_as_of)]


Values = TypeVar("Values", FilterValues, QueueQuery)


def accept_blank(field: QueryField) -> QueryField:
    """Return a query field that also accepts an empty text, which HTML forms send for an unused filter, as None."""
    schema = dict(field.schema)
    if "pattern" in schema:
        schema["pattern"] = f"^$|{schema['pattern']}"
    return replace(field, parse=lambda text: field.parse(text) if text else None, schema=schema)


def values_reader(
    of: type[Values], adapt: Callable[[QueryField], QueryField] = lambda field: field
) -> Callable[..., Awaitable[Values]]:
    """Return a dependency that reads the filter fields of a dataclass from the parameters of a request.

    Parameters
    ----------
    of
        The dataclass.
    adapt
        Change a field before its parameter is made of it, such as `accept_blank`.
    """
    declared = {name: adapt(field) for name, field in declared_fields(of).items()}

    async def read(**values: Any) -> Values:  # noqa: ANN401 - values of the fields
        return of(**values)

    parameters = [_parameter(field) for field in declared.values()]
    read.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # FastAPI reads it
    return read


def _parameter(field: QueryField) -> inspect.Parameter:
    schema = dict(field.schema)
    text = Field(
        pattern=schema.pop("pattern", None),
        max_length=schema.pop("maxLength", None),
        examples=schema.pop("examples", None),
        json_schema_extra=schema,
    )
    described = Query(alias=field.parameter, description=f"{field.describe(Language.EN)} {field.describe(Language.ZH)}")
    kind: Any
    if field.several:
        kind = Annotated[list[Annotated[str, text]], described, AfterValidator(field.read)]
    else:
        kind = Annotated[str, text, described, AfterValidator(field.parse)]
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def filter_values(
    state: StateDep,
    values: Annotated[FilterValues, Depends(values_reader(FilterValues))],
    as_of: AsOfDep,
    actor: OptionalActorDep,
) -> FilterValues:
    """Return the filters of a request for lists, figures, maps or pages.

    Raises
    ------
    QueryError
        If a value does not exist.
    AccessError
        If an anonymous user sends a field that needs a user: a small box would reveal single incidents.
    """
    if actor is None:
        _check_anonymous(values)
    check_values(state.store, state.rules, values)
    return replace(values, as_of=as_of)


def _check_anonymous(values: FilterValues) -> None:
    for name, field in FIELDS.items():
        if field.needs_user and getattr(values, name) is not None:
            raise AccessError(
                "This filter needs an API key or a login.",
                field=field.parameter,
                remedy="Filter by street, community or grid.",
            )


FilterValuesDep = Annotated[FilterValues, Depends(filter_values)]


def queue_values(state: StateDep, values: Annotated[QueueQuery, Depends(values_reader(QueueQuery))]) -> QueueQuery:
    """Return the filters of a request for the queue.

    Raises
    ------
    QueryError
        If a value does not exist.
    """
    check_values(state.store, state.rules, values)
    return values


QueueValuesDep = Annotated[QueueQuery, Depends(queue_values)]


def counting_basis(state: StateDep, current: SnapshotDep, values: FilterValuesDep) -> CountingBasis:
    """Return the grids by which a request counts: those of `as_of`, by default those of the active generation."""
    if values.as_of:
        return CountingBasis(generation_at(state.store, values.as_of).id)
    return find_basis(state.store, current.generation.id)


BasisDep = Annotated[CountingBasis, Depends(counting_basis)]


async def incident_filter(values: FilterValuesDep, basis: BasisDep, actor: OptionalActorDep) -> IncidentQuery:
    """Return the incident filter of a request, within the bounds of the user."""
    return replace(values.filter(basis.generation), within=actor.bounds if actor else None)


FilterDep = Annotated[IncidentQuery, Depends(incident_filter)]
DatumDep = Annotated[str, Depends(get_datum)]


def require_text(value: object) -> object:
    """Raise unless the value is a string. Pydantic would also accept a number, as seconds since 1970."""
    if not isinstance(value, str):
        raise ValueError("The time must be text such as 2022-01-31T08:30:00+08:00.")  # noqa: TRY004 - pydantic's contract
    return value
