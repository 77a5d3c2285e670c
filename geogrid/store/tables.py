"""The tables, once; the migrations say how a database comes to have them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from geogrid.store.types import Attributes, Geometry, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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
    UniqueConstraint("source", "external_id"),
    # Every list is ordered by time, so each filter's index ends with it.
    Index(None, "reported_at", "id"),
    Index(None, "category", "reported_at"),
    Index(None, "status", "reported_at"),
    Index(None, "base_code", "reported_at"),
    Index(None, "dedicated_code", "reported_at"),
    Index(None, "community_code", "reported_at"),
    Index(None, "street_code", "reported_at"),
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

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
