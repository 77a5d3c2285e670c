"""Dependencies of the routes: the state of the application, the filters, a datum."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator, BeforeValidator, Field
from starlette.convertors import IntegerConvertor, register_url_convertor

from geogrid.constants import MAX_ID, Language
from geogrid.errors import AccessError, DatumError, InputError
from geogrid.geo.datums import parse_datum
from geogrid.incidents.query import FIELDS, FilterValues, IncidentQuery, QueueQuery, parse_day
from geogrid.incidents.query_field import QueryField, declared_fields
from geogrid.layers.themes import LAYER_NAME
from geogrid.local_time import parse_timestamp
from geogrid.services.layers import generation_at
from geogrid.services.query_check import check_values
from geogrid_api.authentication import MaybeActorDep
from geogrid_api.snapshots import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anyio import CapacityLimiter

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Owner
    from geogrid.model import Incident
    from geogrid.rules.formulas import Formulas
    from geogrid.services.incident_cache import IncidentCache
    from geogrid.settings import Settings
    from geogrid.store.database import Store
    from geogrid_api.active_rules import Rulings
    from geogrid_api.event_stream import Following
    from geogrid_api.exports import Exports
    from geogrid_api.oidc import Issuer
    from geogrid_api.place_finders import Finders
    from geogrid_api.shutdown import Stopping
    from geogrid_api.snapshots import Snapshots

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class AppState:
    """What the service holds open while it runs."""

    settings: Settings
    store: Store
    overview: IncidentCache
    rulings: Rulings
    formulas: Formulas
    snapshots: Snapshots
    exports: Exports
    finders: Finders
    following: Following
    stopping: Stopping
    #: Whose logins are taken, if anybody else's.
    issuer: Issuer | None
    #: So many batches of points are worked on at once; others wait, and single points do not.
    batches: CapacityLimiter
    #: Reading a large layer takes a processor for itself: uploads wait for each other, and hold no thread meanwhile.
    uploads: CapacityLimiter
    #: So is drawing a sheet, which matplotlib does one at a time anyway.
    sheets: CapacityLimiter

    def owner_of(self, incident: Incident) -> Owner | None:
        """Return the grid that answers for an incident, with its names by the layers in force, or None."""
        code = incident.placement.responsible_code
        return self.snapshots.current.locator.owners.get(code) if code else None

    @property
    def rules(self) -> RuleSet:
        """The rules in force now."""
        return self.rulings.current


def get_house(request: Request) -> AppState:
    """Return the house of the running application."""
    house: AppState = request.app.state.house
    return house


HouseDep = Annotated[AppState, Depends(get_house)]


def get_snapshot(house: HouseDep) -> Snapshot:
    """Return the generation in force, the same one for the whole of a request."""
    return house.snapshots.current


SnapshotDep = Annotated[Snapshot, Depends(get_snapshot)]


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

IncidentNumber = Annotated[int, Path(ge=1, le=MAX_ID)]


#: What a code of an area looks like, in every scheme.
CODE: Final = r"^[0-9]{6,20}$"
#: What the name of a layer looks like, thematic ones included.
LAYER: Final = f"^{LAYER_NAME}$"
#: Such a name in a path.
LayerName = Annotated[str, Path(pattern=LAYER, examples=["urban"])]


def _only_days(value: object) -> date:
    """Return a day. Pydantic alone would accept a number as seconds since 1970."""
    return parse_day(value if isinstance(value, str) else "")


#: A day of the calendar, as ISO 8601 writes it and in no other way.
Day = Annotated[date, BeforeValidator(_only_days)]


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


Values = TypeVar("Values", FilterValues, QueueQuery)


def accept_blank(field: QueryField) -> QueryField:
    """Return a field whose parameter may be empty: HTML forms send it so for a filter that is off."""
    schema = dict(field.schema)
    if "pattern" in schema:
        schema["pattern"] = f"^$|{schema['pattern']}"
    return replace(field, parse=lambda text: field.parse(text) if text else None, schema=schema)


def values_reader(
    of: type[Values], adapt: Callable[[QueryField], QueryField] = lambda field: field
) -> Callable[..., Values]:
    """Return a dependency that reads the filter fields of a dataclass from the parameters of a request.

    Parameters
    ----------
    of
        The dataclass.
    adapt
        Change a field before its parameter is made of it, such as `accept_blank`.
    """
    declared = {name: adapt(field) for name, field in declared_fields(of).items()}

    def read(**values: Any) -> Values:  # noqa: ANN401 - the values of the fields
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
    house: HouseDep,
    values: Annotated[FilterValues, Depends(values_reader(FilterValues))],
    as_of: MomentDep,
    actor: MaybeActorDep,
) -> FilterValues:
    """Return the filters of a request: of lists, figures, maps and pages.

    Raises
    ------
    QueryError
        If a value does not exist.
    AccessError
        If an anonymous user sends a field that needs a user: a small box would reveal single incidents.
    """
    if actor is None:
        _check_anonymous(values)
    check_values(house.store, house.rules, values)
    return replace(values, as_of=as_of)


def _check_anonymous(values: FilterValues) -> None:
    for name, field in FIELDS.items():
        if field.needs_user and getattr(values, name) is not None:
            raise AccessError(
                "This filter needs a key or a login.", field=field.parameter, remedy="Ask by street, community or grid."
            )


FilterValuesDep = Annotated[FilterValues, Depends(filter_values)]


def queue_values(house: HouseDep, values: Annotated[QueueQuery, Depends(values_reader(QueueQuery))]) -> QueueQuery:
    """Return the filters of a request for the queue.

    Raises
    ------
    QueryError
        If a value does not exist.
    """
    check_values(house.store, house.rules, values)
    return values


QueueValuesDep = Annotated[QueueQuery, Depends(queue_values)]


def incident_filter(house: HouseDep, values: FilterValuesDep, actor: MaybeActorDep) -> IncidentQuery:
    """Return the query of a request, within the bounds of the user."""
    generation = generation_at(house.store, values.as_of).id if values.as_of else None
    return replace(values.filter(generation), within=actor.bounds if actor else None)


FilterDep = Annotated[IncidentQuery, Depends(incident_filter)]
DatumDep = Annotated[str, Depends(chosen_datum)]


def text_only(value: object) -> object:
    """Let no number pass for a time: pydantic would take it for seconds since 1970."""
    if not isinstance(value, str):
        raise ValueError("A time is text, such as 2022-01-31T08:30:00+08:00.")  # noqa: TRY004 - pydantic's contract
    return value
