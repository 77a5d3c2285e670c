"""Checks of a database: differences from the schema in the code, row counts, and orphaned rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import exists, func, inspect, select
from sqlalchemy.types import String as TextType

from geogrid.store.column_types import String
from geogrid.store.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, ForeignKey
    from sqlalchemy.types import TypeEngine

# Ignored on PostgreSQL: the table of PostGIS, and the geometry column and indexes for desktop GIS programs.
_POSTGIS_NAMES: Final = {"spatial_ref_sys", "geom", "ix_incidents_geom", "ix_areas_geometry"}


def list_schema_differences(connection: Connection) -> list[str]:
    """Return the differences between the tables of the database and the schema in the code."""
    options = {"render_as_batch": True, "include_object": _is_ours, "compare_type": _types_differ}
    context = MigrationContext.configure(connection, opts=options)
    return [str(difference) for difference in compare_metadata(context, metadata)]


def _types_differ(
    context: MigrationContext,  # noqa: ARG001 - the parameters are those of Alembic
    stored_column: Column[Any],  # noqa: ARG001
    column: Column[Any],  # noqa: ARG001
    stored_type: TypeEngine[Any],
    column_type: TypeEngine[Any],
) -> bool | None:
    # No database enforces the lengths of texts.
    is_text = isinstance(stored_type, TextType) and isinstance(column_type, String)
    return False if is_text else None


def count_rows(connection: Connection) -> dict[str, int]:
    """Return the row count of each existing table of geogrid."""
    existing = set(inspect(connection).get_table_names())
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
        if table.name in existing
    }


def count_orphans(connection: Connection) -> dict[str, int]:
    """Return the number of rows with a dangling foreign key, by `table.column`; zero counts are omitted."""
    counts = {
        f"{key.parent.table.name}.{key.parent.name}": connection.execute(_orphans_query(key)).scalar_one()
        for table in metadata.sorted_tables
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
    }
    return {name: count for name, count in counts.items() if count}


def _orphans_query(key: ForeignKey) -> Any:  # noqa: ANN401 - a query of one number
    parent = key.column.table.alias()
    parent_exists = exists().where(parent.c[key.column.name] == key.parent)
    return select(func.count()).select_from(key.parent.table).where(key.parent.is_not(None), ~parent_exists)


def _is_ours(_thing: object, name: str | None, _kind: str, reflected: bool, _other: object) -> bool:  # noqa: FBT001 - Alembic's hook
    return not (reflected and name in _POSTGIS_NAMES)
