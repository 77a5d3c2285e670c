"""Tables of inspected sites, inspection rounds and the ledger; `geogrid.store.tables` holds the others."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Index, LargeBinary, Table

from geogrid.store.column_types import Attributes, Geometry, Integer, String, Text, UtcDateTime
from geogrid.store.sqlalchemy_metadata import metadata

# Inspected sites, with the areas that contained them in the active generation of the import.
inspection_sites = Table(
    "inspection_sites",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("geometry", Geometry, nullable=False),
    # A point inside the geometry, in WGS 84 degrees.
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("generation", ForeignKey("generations.id"), nullable=False),
    Column("street_code", String(40)),
    Column("community_code", String(40)),
    Column("grid_code", String(40)),
    Column("synthetic", Boolean, nullable=False),
)

# Inspection rounds: a set of sites, with the first and the last day of the inspection.
rounds = Table(
    "rounds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("synthetic", Boolean, nullable=False),
)

round_sites = Table(
    "round_sites",
    metadata,
    Column("round", ForeignKey("rounds.id"), primary_key=True),
    Column("site", ForeignKey("inspection_sites.id"), primary_key=True),
    sqlite_with_rowid=False,
)

# Problems found at sites. The area codes are copied from the site, because a later import may change the site.
ledger = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(40), nullable=False, unique=True),
    Column("site", ForeignKey("inspection_sites.id"), nullable=False),
    Column("round", ForeignKey("rounds.id"), nullable=False),
    Column("category", String(20), nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("description", Text, nullable=False),
    Column("duty", String(20), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("incident", ForeignKey("incidents.id")),
    Column("synthetic", Boolean, nullable=False),
    Column("generation", ForeignKey("generations.id"), nullable=False),
    Column("street_code", String(40)),
    Column("community_code", String(40)),
    Column("grid_code", String(40)),
    # The current state, derived from the steps.
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("department", String(100), nullable=False),
    Column("rectification", Text, nullable=False),
    Column("rectified_at", UtcDateTime),
    Column("rectified_by", String(100)),
    Column("returned_at", UtcDateTime),
    Column("struck_off_at", UtcDateTime),
    # Every list is ordered by id, so the index of each filter ends with it.
    Index(None, "site", "id"),
    Index(None, "round", "id"),
    Index(None, "street_code", "id"),
    Index(None, "community_code", "id"),
    Index(None, "grid_code", "id"),
    Index(None, "department", "id"),
    Index(None, "state", "id"),
    Index(None, "found_at"),
)

# The last entry number of each year; counting rows would assign a number twice under concurrent writes.
ledger_numbers = Table(
    "ledger_numbers",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

# The steps of entries; rows are only inserted.
ledger_steps = Table(
    "ledger_steps",
    metadata,
    Column("entry", ForeignKey("ledger.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("action", String(40), nullable=False),
    Column("from_state", String(20)),
    Column("to_state", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("role", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("details", Attributes),
    sqlite_with_rowid=False,
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry", ForeignKey("ledger.id"), nullable=False, index=True),
    Column("sha256", String(64), nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("actor_id", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
