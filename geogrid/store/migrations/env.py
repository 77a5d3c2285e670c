"""Entry point of Alembic: run the migrations on the connection that `Store.upgrade` passes."""

from alembic import context

from geogrid.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
