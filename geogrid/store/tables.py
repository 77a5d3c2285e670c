"""The tables of the current schema; migrations create them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Index, LargeBinary, Table, UniqueConstraint, false

from geogrid.store import ledger_tables  # noqa: F401 - registers its tables on the metadata
from geogrid.store.column_types import Attributes, Geometry, Integer, String, Text, UtcDateTime, Words
from geogrid.store.sqlalchemy_metadata import metadata as metadata  # noqa: PLC0414 - re-exported with all tables

generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("label", String(200), nullable=False, unique=True),
    Column("synthetic", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # The generation from which a draft takes the layers missing from its import.
    Column("base", Integer),
    # The areas in which dedicated grids lie, see `geogrid.model.DedicatedNesting`.
    Column("dedicated_in", String(20), nullable=False, server_default="community"),
    # Whether `geogrid demo` made it; `synthetic` is also true for an import with synthetic layers.
    Column("demo", Boolean, nullable=False, server_default=false()),
)

# Rows are only inserted, so the generation active at any past moment stays known. Only planned ones can be cancelled.
activations = Table(
    "activations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("generation", ForeignKey("generations.id"), nullable=False),
    Column("active_from", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("is_rollback", Boolean, nullable=False, server_default=false()),
    Column("cancelled_at", UtcDateTime),
)

# Thematic layers of a generation; their features, lines included, are in the table `areas`.
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
    Column("parent", String(40)),
    Column("kind", String(40)),
    Column("synthetic", Boolean, nullable=False),
    Column("geometry", Geometry, nullable=False),
    Column("attributes", Attributes),
)

# By area code, independent of generations: a new border does not move people.
populations = Table(
    "populations",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("people", Integer, nullable=False),
    Column("source", String(200), nullable=False),
    Column("synthetic", Boolean, nullable=False),
)

#: Mapping files of imported tables (TOML), by list and by the name of their source.
import_mappings = Table(
    "import_mappings",
    metadata,
    Column("list", String(20), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("content", Text, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
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
    # The reported point in its datum, then the same point in WGS 84 degrees.
    Column("given_x", Float, nullable=False),
    Column("given_y", Float, nullable=False),
    Column("datum", String(20), nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("locate_status", String(20), nullable=False),
    Column("generation", ForeignKey("generations.id"), nullable=False),
    Column("base_code", String(40)),
    Column("base_layer", String(20)),
    Column("dedicated_code", String(40)),
    Column("community_code", String(40)),
    Column("street_code", String(40)),
    # The grid named by the reporter, and the accuracy of the point.
    Column("claimed_grid", String(40)),
    Column("accuracy_m", Float),
    # The current state, derived from the steps, so that lists and figures need not read them.
    Column("version", Integer, nullable=False, server_default="1"),
    Column("level", String(20), nullable=False, server_default="grid"),
    Column("department", String(100)),
    Column("triage", String(20)),
    Column("triage_blocks", Boolean, nullable=False, server_default=false()),
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
    Column("reopened_due_at", UtcDateTime),
    Column("due_provisional", Boolean, nullable=False, server_default=false()),
    Column("clock_level", String(20)),
    Column("escalate_at", UtcDateTime),
    Column("called", Words),
    Column("suspended_at", UtcDateTime),
    Column("extensions", Integer, nullable=False, server_default="0"),
    Column("reworks", Integer, nullable=False, server_default="0"),
    Column("reopened", Integer, nullable=False, server_default="0"),
    Column("handled_by", String(100)),
    Column("merged_into", ForeignKey("incidents.id"), index=True),
    Column("on_spot", String(20)),
    Column("part_of", ForeignKey("incidents.id")),
    Column("part", Integer),
    Column("split_into", Integer, nullable=False, server_default="0"),
    UniqueConstraint("source", "external_id"),
    # Every list is ordered by time, so the index of each filter ends with it.
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
    # Rates filter by due time.
    Index(None, "due_at"),
    Index(None, "close_due_at"),
    Index(None, "street_code", "due_at"),
    Index(None, "street_code", "close_due_at"),
)
# The queue: few incidents wait for a step, and only these have a due time. The index covers all columns of the counts.
_counted = ("stage_due_at", "id", "status", "warn_at")
for _columns in (_counted, *((name, *_counted) for name in ("street_code", "department", "category"))):
    Index(
        f"ix_incidents_queue_{_columns[0]}",
        *(incidents.c[name] for name in _columns),
        sqlite_where=incidents.c.stage_due_at.is_not(None),
        postgresql_where=incidents.c.stage_due_at.is_not(None),
    )

# Few incidents wait for a location review.
_settles = incidents.c.triage.is_not(None)
Index("ix_incidents_triage", incidents.c.reported_at, incidents.c.id, sqlite_where=_settles, postgresql_where=_settles)

# Partial, since SQLite would use a full index to find the many incidents that are no part.
_is_part = incidents.c.part_of.is_not(None)
Index("ix_incidents_part_of", incidents.c.part_of, sqlite_where=_is_part, postgresql_where=_is_part)

_escalates = incidents.c.escalate_at.is_not(None)
Index("ix_incidents_escalate_at", incidents.c.escalate_at, sqlite_where=_escalates, postgresql_where=_escalates)

# The steps of incidents; rows are only inserted.
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

# The change feed: clients read the rows after a known id. One transaction writes at a time, so ids are in commit order.
changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False),
    Column("version", Integer, nullable=False),
    # For an import, which is one change: the last incident id; `incident` is the first.
    Column("through", Integer),
    # The areas, category and departments before a step that removes some of them; see `geogrid.store.change_feed`.
    Column("left", Attributes),
)

photos = Table(
    "photos",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False, index=True),
    # The step it is attached to; NULL until then.
    Column("step", Integer),
    # Whether it shows the incident before or after the handling; NULL if not known.
    Column("kind", String(20)),
    Column("sha256", String(64), nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# Prompt and supervision cards; the answer is stored later, once.
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
    # The whistle that a department has not answered in time; NULL for a card about the due time of the incident.
    Column("whistle", ForeignKey("whistles.id")),
    UniqueConstraint("kind", "year", "serial"),
    # One card a whistle.
    Index(None, "whistle", unique=True),
)

# The responses to requests with an idempotency key.
answers = Table(
    "answers",
    metadata,
    Column("actor_id", String(100), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

# Whistles (街道吹哨、部门报到): a street calls departments to an incident; one row per department.
whistles = Table(
    "whistles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False),
    # The number of the call on this incident, from 1.
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

# Leases on periodic jobs of worker processes.
shifts = Table(
    "shifts",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)

# Secret seeds of random draws, created on first use: a draw can be repeated with its seed. One row is the history of
# `geogrid.store.incident_mark`.
seeds = Table(
    "seeds",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("seed", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# Versions of all rules, and the decisions that made them active. Rows are only inserted, so past rules stay known.
rule_versions = Table(
    "rule_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("content", Text, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("actor", String(100), nullable=False),
)

rule_activations = Table(
    "rule_activations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, ForeignKey("rule_versions.id"), nullable=False),
    Column("active_from", UtcDateTime, nullable=False, index=True),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("cancelled_at", UtcDateTime),
    Column("cancelled_by", String(100)),
)

# Closed reporting periods: the last day that accepts no more reports. Rows are only inserted.
closings = Table(
    "closings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("last_day", Date, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("actor", String(100), nullable=False),
)

# The figures of each month at the time of its closing. Rows are only inserted.
period_snapshots = Table(
    "period_snapshots",
    metadata,
    Column("id", Integer, primary_key=True),
    # Such as 2022-03.
    Column("month", String(7), nullable=False, index=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("actor", String(100), nullable=False),
    # The version of the formulas.
    Column("formulas", String(100), nullable=False),
    # The generation active at the time.
    Column("generation", ForeignKey("generations.id"), nullable=False),
    # The counts by kind of row, and the formulas of the rates; see `geogrid.services.period_snapshots`.
    Column("content", Attributes, nullable=False),
)

# Places and standard addresses. A new import replaces all rows of its source.
places = Table(
    "places",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("address", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    # The point in WGS 84 degrees, then as given, in its datum.
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("given_x", Float, nullable=False),
    Column("given_y", Float, nullable=False),
    Column("datum", String(20), nullable=False),
    Column("source", String(100), nullable=False, index=True),
    Column("synthetic", Boolean, nullable=False),
)

# The imports of place lists; the last id is the version of the gazetteer.
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

# Placements of incidents by another generation than the one active when they were reported; the incidents themselves do
# not change. Without a rowid, because every figure looks rows up by the primary key.
restatements = Table(
    "restatements",
    metadata,
    Column("generation", ForeignKey("generations.id"), primary_key=True),
    Column("incident", ForeignKey("incidents.id"), primary_key=True),
    Column("locate_status", String(20), nullable=False),
    Column("base_code", String(40)),
    Column("base_layer", String(20)),
    Column("dedicated_code", String(40)),
    Column("community_code", String(40)),
    Column("street_code", String(40)),
    sqlite_with_rowid=False,
)

# Posts: persons responsible for areas, with duty and term. An import deletes no rows.
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
    # The code comes first, because posts are looked up by code.
    UniqueConstraint("code", "layer", "duty", "name", "valid_from"),
)


def _grant_columns() -> list[Column[tuple[str, ...]]]:
    """Return the columns of a grant; an empty list is no restriction."""
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
    # Precise to one hour, so that few requests have to write.
    Column("last_used_at", UtcDateTime),
    # Whether `geogrid demo` made it.
    Column("demo", Boolean, nullable=False, server_default=false()),
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

# Recent failed logins, shared by all worker processes for throttling.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    # Hashed, because users sometimes type their password as the name.
    Column("name_hash", String(64), nullable=False),
    Column("address_hash", String(64), nullable=False),
)

# Audit log of accounts and keys; rows are only inserted.
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
