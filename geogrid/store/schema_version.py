"""Whether the tables of a database are those of this version's code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import exists, func, inspect, select

from geogrid.store.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection, ForeignKey

# Of PostGIS: its own table, and what the migrations make there for programs that draw.
_OF_POSTGIS: Final = {"spatial_ref_sys", "geom", "ix_incidents_geom", "ix_areas_geometry"}


def list_schema_differences(connection: Connection) -> list[str]:
    """Return what the tables have more, less or in another way than the code says."""
    options = {"render_as_batch": True, "include_object": _is_ours}
    context = MigrationContext.configure(connection, opts=options)
    return [str(found) for found in compare_metadata(context, metadata)]


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each of geogrid's tables has, those that are not there left out."""
    there = set(inspect(connection).get_table_names())
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
        if table.name in there
    }


def count_orphans(connection: Connection) -> dict[str, int]:
    """Return how many rows name a row of another table that is not there, by `table.column`, where there are any."""
    counts = {
        f"{key.parent.table.name}.{key.parent.name}": connection.execute(_orphans(key)).scalar_one()
        for table in metadata.sorted_tables
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
    }
    return {name: number for name, number in counts.items() if number}


def _orphans(key: ForeignKey) -> Any:  # noqa: ANN401 - a query of one number
    parent = key.column.table.alias()
    there = exists().where(parent.c[key.column.name] == key.parent)
    return select(func.count()).select_from(key.parent.table).where(key.parent.is_not(None), ~there)


def _is_ours(_thing: object, name: str | None, _kind: str, reflected: bool, _other: object) -> bool:  # noqa: FBT001 - Alembic's hook
    return not (reflected and name in _OF_POSTGIS)
