"""Keep all rules in the database, each version whole, in place of the routing rules alone."""

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from geogrid.rules.rule_texts import read_included, read_starting
from geogrid.store.column_types import Integer, String, Text, UtcDateTime

revision = "0030"
down_revision = "0028"

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: Code of the district of the demo.
_DEMO_DISTRICT = "140213"


def upgrade() -> None:
    """Create the tables. A database in use gets those that it has followed: the shipped ones, and its routing."""
    versions = op.create_table(
        "rule_versions",
        sa.Column("id", Integer, nullable=False),
        sa.Column("sha256", String(64), nullable=False),
        sa.Column("title", String(200), nullable=False),
        sa.Column("content", Text, nullable=False),
        sa.Column("imported_at", UtcDateTime, nullable=False),
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("actor", String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rule_versions"),
        sa.UniqueConstraint("sha256", name="uq_rule_versions_sha256"),
    )
    activations = op.create_table(
        "rule_activations",
        sa.Column("id", Integer, nullable=False),
        sa.Column("version", Integer, nullable=False),
        sa.Column("active_from", UtcDateTime, nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=False),
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("actor", String(100), nullable=False),
        sa.Column("cancelled_at", UtcDateTime),
        sa.Column("cancelled_by", String(100)),
        sa.ForeignKeyConstraint(["version"], ["rule_versions.id"], name="fk_rule_activations_version"),
        sa.PrimaryKeyConstraint("id", name="pk_rule_activations"),
    )
    op.create_index("ix_rule_activations_active_from", "rule_activations", ["active_from"])
    _copy_rules(versions, activations)
    op.drop_table("rule_sets")


def _copy_rules(versions: sa.Table, activations: sa.Table) -> None:
    connection = op.get_bind()
    areas = sa.table("areas", sa.column("layer"), sa.column("code"))
    districts = connection.scalars(sa.select(areas.c.code).where(areas.c.layer == "district")).all()
    old = sa.table(
        "rule_sets",
        sa.column("id", Integer),
        sa.column("content", Text),
        sa.column("active_from", UtcDateTime),
        sa.column("decided_at", UtcDateTime),
        sa.column("actor_id", String),
        sa.column("actor", String),
    )
    decisions = connection.execute(sa.select(old).order_by(old.c.id)).all()
    if not (districts or decisions):
        return
    texts = read_included() if _DEMO_DISTRICT in districts else read_starting()
    now = datetime.now(UTC)
    first = {"active_from": _BEGINNING, "decided_at": now, "actor_id": "system", "actor": "geogrid"}
    rows = [(texts, first)]
    for row in decisions:
        decided = {name: getattr(row, name) for name in first}
        rows.append(({**texts, "routing.json": row.content}, decided))
    ids: dict[str, int] = {}
    for files, decided in rows:
        content = json.dumps(files, ensure_ascii=False, sort_keys=True)
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        if sha256 not in ids:
            title = json.loads(files["routing.json"])["version"] if files is not texts else "upgrade"
            ids[sha256] = connection.scalars(
                versions.insert()
                .values(
                    sha256=sha256,
                    title=title,
                    content=content,
                    imported_at=decided["decided_at"],
                    actor_id=decided["actor_id"],
                    actor=decided["actor"],
                )
                .returning(versions.c.id)
            ).one()
        connection.execute(activations.insert().values(version=ids[sha256], **decided))
