"""Column types with the same behaviour on SQLite and PostgreSQL, for tables and migrations."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import shapely
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from geogrid.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

# PostgreSQL cannot store NUL, and UTF-8 cannot encode single surrogates.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_INT64_LIMIT: Final = 2**63
_SRID: Final = 4326


class Integer(TypeDecorator[int]):
    """A 64-bit integer."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int]:
        """Return the database type; SQLite generates ids only for columns of type INTEGER."""
        return dialect.type_descriptor(sa.Integer() if dialect.name == "sqlite" else sa.BigInteger())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Raise `InputError` for integers of more than 64 bits."""
        if value is not None and not -_INT64_LIMIT <= value < _INT64_LIMIT:
            raise InputError("The number does not fit into a 64-bit integer.", code="number_range")
        return value


class String(TypeDecorator[str]):
    """Text, sorted by code points in any database locale; the length is documentation only."""

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Return the database type, without the length, which services check."""
        return dialect.type_descriptor(_by_code_point(dialect, self.impl_instance))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Raise `InputError` for characters that a database cannot store."""
        return None if value is None else _check_text(value)


class Text(String):
    """Text of any length."""

    impl = sa.Text
    cache_ok = True


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: an aware datetime, stored as UTC with microseconds."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """Return the database type; SQLite has no time zones."""
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert an aware datetime to UTC; raise `ValueError` for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("The datetime has no time zone.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the stored moment as a datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Geometry(TypeDecorator[shapely.Geometry]):
    """A geometry in WGS 84: well-known binary on SQLite, a PostGIS geometry on PostgreSQL."""

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the database type."""
        return dialect.type_descriptor(sa.LargeBinary() if dialect.name == "sqlite" else PostgisGeometry())

    def process_bind_param(self, value: shapely.Geometry | None, dialect: Dialect) -> bytes | str | None:
        """Encode as WKB for SQLite, and as hexadecimal EWKB for PostGIS."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return bytes(shapely.to_wkb(value))
        return str(shapely.to_wkb(shapely.set_srid(value, _SRID), hex=True, include_srid=True))

    def process_result_value(self, value: bytes | str | None, dialect: Dialect) -> shapely.Geometry | None:  # noqa: ARG002
        """Decode from WKB."""
        return None if value is None else shapely.set_srid(shapely.from_wkb(value), 0)


class PostgisGeometry(UserDefinedType[str]):
    """The geometry column type of PostGIS, which desktop programs such as QGIS open directly.

    Parameters
    ----------
    kind
        The geometry type; ``Geometry`` allows all types.
    srid
        The EPSG code of the CRS.
    """

    cache_ok = True

    def __init__(self, kind: str = "Geometry", srid: int | str = _SRID) -> None:
        self.kind = kind
        self.srid = int(srid)

    def get_col_spec(self, **_options: object) -> str:
        """Return the SQL type, by default ``geometry(Geometry,4326)``."""
        return f"geometry({self.kind},{self.srid})"


class Attributes(TypeDecorator[dict[str, Any]]):
    """Attributes of a feature beyond the standard columns, stored as a JSON object; NULL for none."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Return the database type of `Text`."""
        return dialect.type_descriptor(_by_code_point(dialect, self.impl_instance))

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Encode as JSON."""
        return _check_text(json.dumps(value, ensure_ascii=False, allow_nan=False)) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any]:  # noqa: ARG002
        """Decode from JSON."""
        return dict(json.loads(value)) if value else {}


class Words(TypeDecorator[tuple[str, ...]]):
    """A short list of codes or names, stored as JSON."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Return the database type of `Text`."""
        return dialect.type_descriptor(_by_code_point(dialect, self.impl_instance))

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Encode as JSON."""
        return None if value is None else _check_text(json.dumps(value, ensure_ascii=False))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002
        """Decode from JSON."""
        return None if value is None else tuple(json.loads(value))


def _by_code_point(dialect: Dialect, plain: TypeEngine[Any]) -> TypeEngine[Any]:
    return plain if dialect.name == "sqlite" else sa.Text(collation="C")


def _check_text(text: str) -> str:
    if _UNSTORABLE.search(text):
        raise InputError("The text contains characters that cannot be stored.", code="text_control")
    return text
