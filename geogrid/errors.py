"""The exceptions of geogrid, one tree.

::

    GeogridError
    ├── InputError            what the caller gave cannot be used
    │   ├── CoordinateError   a point that is swapped, not finite or out of range
    │   ├── DatumError        an unknown datum or EPSG code
    │   ├── FileError         a file, row or field that cannot be read
    │   ├── LayerError        a polygon layer that breaks its rules
    │   ├── QueryError        a filter, cursor or period that makes no sense
    │   └── RowsError         some rows of many that cannot be used
    ├── NotFoundError         the thing asked for is not there
    ├── ConflictError         the thing is there already, or stands where it cannot be done
    │   └── StaleError        the thing has changed since the caller read it
    ├── PreconditionError     the caller does not say upon what it is to be done
    ├── AccessError           no key, or an unknown one
    ├── ForbiddenError        the key, or the account, does not open this door
    ├── RateError             too many attempts; later it may be tried again
    └── SetupError            the machine: a port taken, no space, no rights, a missing extra

Each carries a stable ``code`` for programs, a sentence for people and, where there is one, a remedy.
`OverlapWarning` is a warning, not an exception: the answer stands, but its user should know of a choice made.
No exception knows about HTTP; the API maps them to status codes in one table of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class GeogridError(Exception):
    """Base of all errors that geogrid raises on purpose.

    Parameters
    ----------
    message
        What is wrong, in one sentence. It never repeats a value that the caller sent.
    code
        A stable slug, such as ``"coordinates_swapped"``; by default that of the class.
    field
        The field, column or option concerned.
    remedy
        What to do about it.

    Examples
    --------
    >>> error = CoordinateError("Latitude is not finite.", code="not_finite", field="lat", remedy="Send a number.")
    >>> error.code, error.field
    ('not_finite', 'lat')
    >>> print(error)
    lat: Latitude is not finite. Send a number.
    """

    default_code: ClassVar[str] = "error"
    title: ClassVar[str] = "Error · 错误"

    def __init__(
        self, message: str, *, code: str | None = None, field: str | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.field = field
        self.remedy = remedy

    def __str__(self) -> str:
        prefix = f"{self.field}: " if self.field else ""
        suffix = f" {self.remedy}" if self.remedy else ""
        return f"{prefix}{self.message}{suffix}"


class InputError(GeogridError):
    """What the caller gave cannot be used."""

    default_code = "invalid_input"
    title = "Invalid input · 输入无效"


class CoordinateError(InputError):
    """A point is swapped, not finite or out of range."""

    default_code = "coordinates"
    title = "Coordinates cannot be used · 坐标不可用"


class DatumError(InputError):
    """The datum is unknown."""

    default_code = "datum_unknown"
    title = "Unknown datum · 未知坐标系"


class FileError(InputError):
    """A file, row or field cannot be read."""

    default_code = "file"
    title = "File cannot be read · 文件无法读取"


class LayerError(InputError):
    """A polygon layer breaks its rules."""

    default_code = "layer"
    title = "Layer refused · 图层不合格"


class QueryError(InputError):
    """A filter, cursor or period makes no sense."""

    default_code = "query"
    title = "Query makes no sense · 查询条件无效"


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row; rows count from 1."""

    row: int
    code: str
    message: str


class RowsError(InputError):
    """Some rows of many cannot be used.

    Parameters
    ----------
    message
        What is wrong, in one sentence.
    faults
        The first of them.
    """

    default_code = "rows_refused"
    title = "Rows refused · 有行无法使用"

    def __init__(self, message: str, faults: Sequence[RowFault], *, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.faults = tuple(faults)


class NotFoundError(GeogridError):
    """The thing asked for is not there."""

    default_code = "not_found"
    title = "Not found · 未找到"


class ConflictError(GeogridError):
    """The thing is there already, or stands where it cannot be done.

    Parameters
    ----------
    message, code, field, remedy
        As of every error.
    allowed
        What can be done instead, by its names for programs.
    """

    default_code = "conflict"
    title = "Conflict · 冲突"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        remedy: str | None = None,
        allowed: Sequence[str] = (),
    ) -> None:
        super().__init__(message, code=code, field=field, remedy=remedy)
        self.allowed = tuple(allowed)


class StaleError(ConflictError):
    """The thing has changed since the caller read it."""

    default_code = "stale"
    title = "Changed meanwhile · 已被他人更改"


class PreconditionError(GeogridError):
    """The caller does not say upon what something is to be done."""

    default_code = "precondition_required"
    title = "Precondition required · 缺少前提"


class AccessError(GeogridError):
    """No key, or an unknown one."""

    default_code = "key_required"
    title = "Key required · 需要密钥"


class ForbiddenError(GeogridError):
    """The key, or the account, does not open this door.

    Parameters
    ----------
    message, code, field, remedy
        As of every error.
    permission
        The permission that is missing, where that is the reason.
    """

    default_code = "forbidden"
    title = "Not allowed · 没有权限"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        remedy: str | None = None,
        permission: str | None = None,
    ) -> None:
        super().__init__(message, code=code, field=field, remedy=remedy)
        self.permission = permission


class RateError(GeogridError):
    """Too many attempts; later it may be tried again.

    Parameters
    ----------
    message, code, remedy
        As of every error.
    retry_after_s
        How long to wait, in seconds.
    """

    default_code = "too_many_attempts"
    title = "Too many attempts · 尝试过多"

    def __init__(self, message: str, *, retry_after_s: int, code: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message, code=code, remedy=remedy)
        self.retry_after_s = retry_after_s


class SetupError(GeogridError):
    """The machine stands in the way: a port, space, rights, a missing extra."""

    default_code = "setup"
    title = "Set-up problem · 环境问题"


class OverlapWarning(UserWarning):
    """Polygons of one layer overlap; points in the overlap get the lowest code.

    Examples
    --------
    >>> issubclass(OverlapWarning, UserWarning)
    True
    """
