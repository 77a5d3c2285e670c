"""Mark the generations and API keys that the demo made, and never assign an id twice on SQLite."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

#: The tables from which the removal of the demo deletes rows with an id.
_TABLES = (
    "activations", "api_keys", "cards", "changes", "evidence", "generations", "incidents", "inspection_sites", "ledger",
    "period_snapshots", "photos", "places", "rounds", "whistles",
)  # fmt: skip
_LABEL = "demo: synthetic / 合成示意"


def upgrade() -> None:
    """Add the marks, set them on the rows of an earlier demo, and declare the ids AUTOINCREMENT."""
    for table in ("generations", "api_keys"):
        op.add_column(table, sa.Column("demo", sa.Boolean, nullable=False, server_default=sa.false()))
    connection = op.get_bind()
    row = sa.table("generations", sa.column("label", sa.String), sa.column("demo", sa.Boolean))
    connection.execute(row.update().where(row.c.label == _LABEL).values(demo=True))
    key = sa.table("api_keys", sa.column("id", sa.Integer), sa.column("name", sa.String), sa.column("demo", sa.Boolean))
    # The demo makes a key only if there is none, so its key is the first one.
    first = sa.select(sa.func.min(key.c.id)).scalar_subquery()
    connection.execute(key.update().where(key.c.id == first, key.c.name == "demo").values(demo=True))
    if connection.dialect.name == "sqlite":
        _declare_autoincrement(connection)


def _declare_autoincrement(connection: sa.Connection) -> None:
    """Add AUTOINCREMENT to the primary keys in the stored schema; the rows stay as they are.

    SQLite would otherwise assign the id of a deleted last row again. Copying the tables instead would fail: within a
    transaction SQLite cannot stop checking the foreign keys that refer to the dropped tables.
    """
    # SQLite creates its table of sequences with the first table that needs it.
    connection.exec_driver_sql("CREATE TABLE _first_sequence (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    connection.exec_driver_sql("DROP TABLE _first_sequence")
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for table in _TABLES:
        changed = connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'PRIMARY KEY (id)', 'PRIMARY KEY (id AUTOINCREMENT)') "
            "WHERE type = 'table' AND name = ? AND sql LIKE '%PRIMARY KEY (id)%'",
            (table,),
        ).rowcount
        if changed != 1:
            raise RuntimeError(f"The table {table} has no primary key id.")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
