"""Add the whistle of a supervision card to a called department."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column; older cards are about the due time of their incident."""
    # Alembic would add the constraint separately, which SQLite does not support; this works on both databases.
    whole = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE cards ADD COLUMN whistle {whole} CONSTRAINT fk_cards_whistle REFERENCES whistles (id)")
    op.create_index("ix_cards_whistle", "cards", ["whistle"], unique=True)
