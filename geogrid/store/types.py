"""Column types that behave the same on every database; tables and migrations take theirs from here."""

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

# PostgreSQL keeps no NUL, and halves of surrogate pairs can be written as UTF-8 nowhere.
_UNKEPT: Final = re.compile("[\0\ud800-\udfff]")
_NUMBERS: Final = 2**63
_SRID: Final = 4326


class Integer(TypeDecorator[int]):
    """A whole number of 64 bits, which those of SQLite have in any case."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int]:
        """Choose the type; SQLite numbers rows only by one that is called INTEGER."""
        return dialect.type_descriptor(sa.Integer() if dialect.name == "sqlite" else sa.BigInteger())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Refuse what no database can even look for."""
        if value is not None and not -_NUMBERS <= value < _NUMBERS:
            raise InputError("The number is out of range.", code="number_range")
        return value


class String(TypeDecorator[str]):
    """Text in the order of its code points, whatever the language of the database; its length is for people."""

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Choose the type; services check lengths, and SQLite would not."""
        return dialect.type_descriptor(_ordered(dialect, self.impl_instance))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Refuse what one of the databases cannot keep."""
        return None if value is None else _kept(value)


class Text(String):
    """Text of any length."""

    impl = sa.Text
    cache_ok = True


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware datetimes in, stored as UTC to the microsecond, aware datetimes out."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """Choose the type; SQLite knows no zones."""
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into UTC; a naive one is a mistake of ours and raises."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs its time zone.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the stored moment its time zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Geometry(TypeDecorator[shapely.Geometry]):
    """A geometry in WGS 84: well-known binary on SQLite, a geometry of PostGIS on PostgreSQL."""

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the type."""
        return dialect.type_descriptor(sa.LargeBinary() if dialect.name == "sqlite" else PostgisGeometry())

    def process_bind_param(self, value: shapely.Geometry | None, dialect: Dialect) -> bytes | str | None:
        """Encode; PostGIS takes the same bytes, with the number of the datum, in hexadecimal."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return bytes(shapely.to_wkb(value))
        return str(shapely.to_wkb(shapely.set_srid(value, _SRID), hex=True, include_srid=True))

    def process_result_value(self, value: bytes | str | None, dialect: Dialect) -> shapely.Geometry | None:  # noqa: ARG002
        """Decode."""
        return None if value is None else shapely.set_srid(shapely.from_wkb(value), 0)


class PostgisGeometry(UserDefinedType[str]):
    """The column type of PostGIS, which programs such as QGIS open directly.

    Parameters
    ----------
    kind
        That of its shapes; ``Geometry`` stands for all.
    srid
        The number of the datum.
    """

    cache_ok = True

    def __init__(self, kind: str = "Geometry", srid: int | str = _SRID) -> None:
        self.kind = kind
        self.srid = int(srid)

    def get_col_spec(self, **_options: object) -> str:
        """Return the name of the type."""
        return f"geometry({self.kind},{self.srid})"


class Attributes(TypeDecorator[dict[str, Any]]):
    """What a feature has beside its standard columns, stored as a JSON object; nothing is stored for none."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Choose the type; it is that of `Text`."""
        return dialect.type_descriptor(_ordered(dialect, self.impl_instance))

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Encode."""
        return _kept(json.dumps(value, ensure_ascii=False, allow_nan=False)) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any]:  # noqa: ARG002
        """Decode."""
        return dict(json.loads(value)) if value else {}


class Words(TypeDecorator[tuple[str, ...]]):
    """A few codes or names, stored as a JSON list."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Choose the type; it is that of `Text`."""
        return dialect.type_descriptor(_ordered(dialect, self.impl_instance))

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Encode."""
        return None if value is None else _kept(json.dumps(value, ensure_ascii=False))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002
        """Decode."""
        return None if value is None else tuple(json.loads(value))


def _ordered(dialect: Dialect, plain: TypeEngine[Any]) -> TypeEngine[Any]:
    return plain if dialect.name == "sqlite" else sa.Text(collation="C")


def _kept(text: str) -> str:
    if _UNKEPT.search(text):
        raise InputError("The text holds characters that cannot be kept.", code="text_control")
    return text
