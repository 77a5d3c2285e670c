"""Add accounts, sessions, grants of API keys, and the audit log."""

import json

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Integer, String, Text, UtcDateTime

revision = "0008"
down_revision = "0007"

_GRANT = ("roles", "areas", "categories", "departments")
# Fixed here, so that later roles do not change the grants of old keys.
_ROLES_THEN = (
    "grid_worker",
    "leader",
    "dispatcher",
    "handler",
    "supervisor",
    "planner",
    "data_steward",
    "administrator",
    "auditor",
    "api_client",
)


def upgrade() -> None:
    """Create the tables; existing keys get all roles, so their permissions do not change."""
    _extend_keys()
    _make_users()
    _make_sessions()
    _make_attempts()
    _make_audit()
    keys = sa.table("api_keys", sa.column("roles"))
    op.execute(keys.update().values(roles=json.dumps(_ROLES_THEN)))
    op.execute(
        "INSERT INTO audit (at, actor_id, actor, action, what) "
        "SELECT created_at, 'system', 'geogrid', 'key.add', 'key ' || id || ': every role, from before there were any' "
        "FROM api_keys"
    )


def _grant() -> list[sa.Column[str]]:
    return [sa.Column(name, Text, nullable=False, server_default="[]") for name in _GRANT]


def _extend_keys() -> None:
    for column in _grant():
        op.add_column("api_keys", column)
    op.add_column("api_keys", sa.Column("expires_at", UtcDateTime))
    op.add_column("api_keys", sa.Column("last_used_at", UtcDateTime))


def _make_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", Integer, nullable=False),
        sa.Column("name", String(50), nullable=False),
        sa.Column("display_name", String(100), nullable=False),
        sa.Column("password_hash", String(200), nullable=False),
        *_grant(),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("disabled_at", UtcDateTime),
        sa.Column("password_changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )


def _make_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", String(64), nullable=False),
        sa.Column("user", Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_sessions_user"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_user", "sessions", ["user"])


def _make_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", Integer, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("name_hash", String(64), nullable=False),
        sa.Column("address_hash", String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_at", "attempts", ["at"])


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", Integer, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("actor", String(100), nullable=False),
        sa.Column("action", String(40), nullable=False),
        sa.Column("what", Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
