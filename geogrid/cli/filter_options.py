"""Options for the incident filter: one for each field of `geogrid.incidents.query.FIELDS`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click

from geogrid.constants import Language
from geogrid.errors import QueryError
from geogrid.incidents.query import FIELDS, FilterValues

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.incidents.query_field import QueryField


class _FieldType(click.ParamType):  # type: ignore[type-arg]  # generic in new releases of click only
    """The type of the option of a filter field."""

    name = "text"

    def __init__(self, field: QueryField) -> None:
        self._field = field
        self.name = "|".join(field.schema["enum"]) if "enum" in field.schema else field.parameter

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click's
        """Return the value of the field."""
        try:
            return self._field.read([value])
        except ValueError as error:
            self.fail(str(error), param, ctx)
        except QueryError as error:
            self.fail(f"{error.message} {error.remedy}", param, ctx)


def filter_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the option of every filter field to a command, which receives them as a `FilterValues` in `values`."""

    @functools.wraps(command)
    def wrapper(**options: Any) -> None:  # noqa: ANN401 - click's
        given = {name: options.pop(name) for name in FIELDS}
        # An option that may be given several times has a tuple of tuples.
        joined = {name: sum(given[name], ()) for name, field in FIELDS.items() if field.several}
        values = FilterValues(**given | joined)
        command(values=values, **options)

    for name, field in reversed(FIELDS.items()):
        wrapper = click.option(
            f"--{field.parameter}",
            name,
            type=_FieldType(field),
            multiple=field.several,
            help=field.describe(Language.EN),
        )(wrapper)
    return wrapper
