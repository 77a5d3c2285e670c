"""The tables of inspected sites and their ledger; beside those of `geogrid.store.tables`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Index, LargeBinary, Table

from geogrid.store.metadata import metadata
from geogrid.store.types import Attributes, Geometry, Integer, String, Text, UtcDateTime

# Sites that are inspected, with the grids that they lie in by the layers of the day they were brought.
inspection_sites = Table(
    "inspection_sites",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("geometry", Geometry, nullable=False),
    # A point of it, in WGS 84 degrees.
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("generation", ForeignKey("generations.id"), nullable=False),
    Column("street_code", String(20)),
    Column("community_code", String(20)),
    Column("grid_code", String(20)),
    Column("synthetic", Boolean, nullable=False),
)

# An inspection round: a set of sites, and the days on which they are inspected.
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

# The problems found at sites. The codes are those of the site when the problem was found: sites may be brought anew.
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
    Column("street_code", String(20)),
    Column("community_code", String(20)),
    Column("grid_code", String(20)),
    # How far it has come: the sum of its steps.
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("department", String(100), nullable=False),
    Column("rectification", Text, nullable=False),
    Column("rectified_at", UtcDateTime),
    Column("rectified_by", String(100)),
    Column("returned_at", UtcDateTime),
    Column("struck_off_at", UtcDateTime),
    # Every list is in the order of the numbers, so each filter's index ends with it.
    Index(None, "site", "id"),
    Index(None, "round", "id"),
    Index(None, "street_code", "id"),
    Index(None, "community_code", "id"),
    Index(None, "grid_code", "id"),
    Index(None, "department", "id"),
    Index(None, "state", "id"),
    Index(None, "found_at"),
)

# The last number given in a year; counting rows would give one twice when two write at once.
ledger_numbers = Table(
    "ledger_numbers",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

# What happened to an entry, one row a step; rows are only ever added.
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
