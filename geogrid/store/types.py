"""Column types that behave the same on every database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import shapely
from sqlalchemy import DateTime, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware datetimes in, stored as UTC, aware datetimes out."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn an aware datetime into naive UTC; a naive one is a mistake of ours and raises."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs its time zone.")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the stored moment its time zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


class Geometry(TypeDecorator[shapely.Geometry]):
    """A geometry in WGS 84, stored as well-known binary."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: shapely.Geometry | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """Encode."""
        return None if value is None else bytes(shapely.to_wkb(value))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> shapely.Geometry | None:  # noqa: ARG002
        """Decode."""
        return None if value is None else shapely.from_wkb(value)


class Attributes(TypeDecorator[dict[str, Any]]):
    """What a feature has beside its standard columns, stored as a JSON object; nothing is stored for none."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Encode."""
        return json.dumps(value, ensure_ascii=False, allow_nan=False) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any]:  # noqa: ARG002
        """Decode."""
        return dict(json.loads(value)) if value else {}
