"""The tables, once; the migrations say how a database comes to have them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    UniqueConstraint,
)

from geogrid.store import ledger_tables  # noqa: F401 - whoever asks for the tables means these as well
from geogrid.store.metadata import metadata as metadata  # noqa: PLC0414 - handed on: with all tables on it
from geogrid.store.types import Attributes, Geometry, Integer, String, Text, UtcDateTime, Words

generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("label", String(200), nullable=False, unique=True),
    Column("synthetic", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # A draft takes from here what was not brought.
    Column("base", Integer),
)

# Decisions are only ever added: what was in force at a moment can always be told.
activations = Table(
    "activations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("generation", ForeignKey("generations.id"), nullable=False),
    Column("active_from", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
)

# The thematic layers of a generation; their features are areas, lines among them.
themes = Table(
    "themes",
    metadata,
    Column("generation", ForeignKey("generations.id"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("title_en", String(200), nullable=False),
    Column("shape", String(20), nullable=False),
)

areas = Table(
    "areas",
    metadata,
    Column("generation", ForeignKey("generations.id"), primary_key=True),
    Column("layer", String(40), primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("parent", String(20)),
    Column("kind", String(40)),
    Column("synthetic", Boolean, nullable=False),
    Column("geometry", Geometry, nullable=False),
    Column("attributes", Attributes),
)

# By code and not by generation: people stay where they live when borders are drawn anew.
populations = Table(
    "populations",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("people", Integer, nullable=False),
    Column("source", String(200), nullable=False),
    Column("synthetic", Boolean, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reported_at", UtcDateTime, nullable=False),
    Column("handled_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", String(20), nullable=False),
    Column("category", String(20), nullable=False),
    Column("source", String(20), nullable=False),
    Column("external_id", String(100)),
    Column("description", Text, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    # The point as given, in its datum; then the same in WGS 84 degrees.
    Column("given_x", Float, nullable=False),
    Column("given_y", Float, nullable=False),
    Column("datum", String(20), nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("locate_status", String(20), nullable=False),
    Column("generation", ForeignKey("generations.id"), nullable=False),
    Column("base_code", String(20)),
    Column("base_layer", String(20)),
    Column("dedicated_code", String(20)),
    Column("community_code", String(20)),
    Column("street_code", String(20)),
    # What the reporter says; it decides nothing.
    Column("claimed_grid", String(20)),
    Column("accuracy_m", Float),
    # How far it has come: the sum of its steps, so that lists and figures need not add them up.
    Column("version", Integer, nullable=False, server_default="1"),
    Column("level", String(20), nullable=False, server_default="grid"),
    Column("department", String(100)),
    Column("triage", String(20)),
    Column("verified_at", UtcDateTime),
    Column("filed_at", UtcDateTime),
    Column("dispatched_at", UtcDateTime),
    Column("checked_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("voided_at", UtcDateTime),
    Column("stage_due_at", UtcDateTime),
    Column("warn_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("close_due_at", UtcDateTime),
    Column("clock_level", String(20)),
    Column("escalate_at", UtcDateTime),
    Column("called", Words),
    Column("suspended_at", UtcDateTime),
    Column("extensions", Integer, nullable=False, server_default="0"),
    Column("reworks", Integer, nullable=False, server_default="0"),
    Column("handled_by", String(100)),
    Column("merged_into", ForeignKey("incidents.id"), index=True),
    UniqueConstraint("source", "external_id"),
    # Every list is ordered by time, so each filter's index ends with it.
    Index(None, "reported_at", "id"),
    Index(None, "category", "reported_at"),
    Index(None, "status", "reported_at"),
    Index(None, "base_code", "reported_at"),
    Index(None, "dedicated_code", "reported_at"),
    Index(None, "community_code", "reported_at"),
    Index(None, "street_code", "reported_at"),
    Index(None, "department", "reported_at"),
    Index(None, "handled_by", "reported_at"),
    Index(None, "source", "reported_at"),
    # Rates are dated by due times.
    Index(None, "due_at"),
    Index(None, "close_due_at"),
    Index(None, "street_code", "due_at"),
    Index(None, "street_code", "close_due_at"),
)
# The queue: what waits for somebody is a small part of all, and only that has a due time. What it is counted by stands
# in the index as well, so that counting reads no rows.
_counted = ("stage_due_at", "id", "status", "warn_at")
for _columns in (_counted, ("street_code", *_counted), ("department", *_counted)):
    Index(
        f"ix_incidents_queue_{_columns[0]}",
        *(incidents.c[name] for name in _columns),
        sqlite_where=incidents.c.stage_due_at.is_not(None),
        postgresql_where=incidents.c.stage_due_at.is_not(None),
    )

# What waits for a person to say where it lies is few.
_settles = incidents.c.triage.is_not(None)
Index(
    "ix_incidents_triage",
    incidents.c.reported_at,
    incidents.c.id,
    sqlite_where=_settles,
    postgresql_where=_settles,
)

_escalates = incidents.c.escalate_at.is_not(None)
Index(
    "ix_incidents_escalate_at",
    incidents.c.escalate_at,
    sqlite_where=_escalates,
    postgresql_where=_escalates,
)

# What happened to an incident, one row a step; rows are only ever added.
steps = Table(
    "steps",
    metadata,
    Column("incident", ForeignKey("incidents.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("action", String(40), nullable=False),
    Column("from_status", String(20)),
    Column("to_status", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("role", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("department", String(100)),
    Column("details", Attributes),
    sqlite_with_rowid=False,
)

# In which order incidents came in and changed: who follows along asks for what is past a number. One transaction writes
# at a time, so the numbers are in the order in which changes can be seen.
changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False),
    Column("version", Integer, nullable=False),
    # Of an import, which is one change: the number of the last of its incidents; the first stands above.
    Column("through", Integer),
    # Within whose bounds the incident lay before a step that takes it out of some: areas, category, departments.
    Column("left", Attributes),
)

photos = Table(
    "photos",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False, index=True),
    # The step that shows it; none until it is taken.
    Column("step", Integer),
    Column("sha256", String(64), nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# Numbered documents about incidents; of a card only its answer is written later, once.
cards = Table(
    "cards",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("year", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("incident", ForeignKey("incidents.id"), nullable=False, index=True),
    Column("due_at", UtcDateTime),
    Column("department", String(100)),
    Column("level", String(20), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("issued_by", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("answer_due_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("answered_by", String(100)),
    Column("answer", Text),
    UniqueConstraint("kind", "year", "serial"),
)

# The first answer to a request that may come twice.
answers = Table(
    "answers",
    metadata,
    Column("actor_id", String(100), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

# The street blows the whistle (街道吹哨), the departments report in (部门报到): a row for each that is called.
whistles = Table(
    "whistles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False),
    # 1 for the first whistle on an incident.
    Column("round", Integer, nullable=False),
    Column("department", String(100), nullable=False),
    Column("note", Text, nullable=False),
    Column("blown_at", UtcDateTime, nullable=False),
    Column("blown_by", String(100), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("reported_in_at", UtcDateTime),
    Column("reported_in_by", String(100)),
    Column("answer", Text),
    Column("joined", Boolean),
    Column("rated_at", UtcDateTime),
    Column("rated_by", String(100)),
    Column("rating", Integer),
    Column("rating_note", Text),
    UniqueConstraint("incident", "round", "department"),
    Index(None, "department", "due_at"),
)

# Who does a regular piece of work now, of several workers.
shifts = Table(
    "shifts",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)

# Rules that were decided, with who did so; what was in force at a moment can always be told.
rule_sets = Table(
    "rule_sets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("version", String(100), nullable=False),
    Column("content", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("active_from", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("actor", String(100), nullable=False),
    Index(None, "kind", "active_from"),
)

# Up to which day figures have been reported: no report of then is taken any more. Decisions are only ever added.
closings = Table(
    "closings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("last_day", Date, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("actor", String(100), nullable=False),
)

# Places and standard addresses, by the lists that they came with. A list that comes again replaces its rows.
places = Table(
    "places",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("address", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    # In WGS 84 degrees; then the point as given, in its datum.
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("given_x", Float, nullable=False),
    Column("given_y", Float, nullable=False),
    Column("datum", String(20), nullable=False),
    Column("source", String(100), nullable=False, index=True),
    Column("synthetic", Boolean, nullable=False),
)

# Each import of such a list; only added, so that the last number tells whether what is known of places is still so.
place_lists = Table(
    "place_lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(100), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("actor", String(100), nullable=False),
)

# Where incidents lie by the layers of another generation than that of their day; the incidents themselves stay as they
# are. Ordered by the key alone: each figure looks its incidents up here one by one.
restatements = Table(
    "restatements",
    metadata,
    Column("generation", ForeignKey("generations.id"), primary_key=True),
    Column("incident", ForeignKey("incidents.id"), primary_key=True),
    Column("locate_status", String(20), nullable=False),
    Column("base_code", String(20)),
    Column("base_layer", String(20)),
    Column("dedicated_code", String(20)),
    Column("community_code", String(20)),
    Column("street_code", String(20)),
    sqlite_with_rowid=False,
)

# Who holds which duty, and when; an import adds and changes, and deletes nothing.
posts = Table(
    "posts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("layer", String(40), nullable=False),
    Column("code", String(40), nullable=False),
    Column("duty", String(20), nullable=False),
    Column("name", String(100), nullable=False),
    Column("title", String(100), nullable=False),
    Column("organisation", String(100), nullable=False),
    Column("phone", String(40), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("imported_at", UtcDateTime, nullable=False),
    # Begins with the code, by which posts are looked up.
    UniqueConstraint("code", "layer", "duty", "name", "valid_from"),
)


def _grant_columns() -> list[Column[tuple[str, ...]]]:
    """Return the columns of what an account or a key is given; an empty list sets no bound."""
    return [
        Column(name, Words, nullable=False, server_default="[]")
        for name in ("roles", "areas", "categories", "departments")
    ]


api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    *_grant_columns(),
    Column("expires_at", UtcDateTime),
    # To the hour: a request ought not to write.
    Column("last_used_at", UtcDateTime),
)

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False, unique=True),
    Column("display_name", String(100), nullable=False),
    Column("password_hash", String(200), nullable=False),
    *_grant_columns(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("password_changed_at", UtcDateTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user", ForeignKey("users.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

# Logins of the last minutes that have not succeeded, so that all workers count them together.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    # Hashes: people type passwords where the name belongs.
    Column("name_hash", String(64), nullable=False),
    Column("address_hash", String(64), nullable=False),
)

# What was done with accounts and keys; rows are only ever added.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("action", String(40), nullable=False),
    Column("what", Text, nullable=False),
)
