"""Exceptions and warnings of geogrid.

::

    GeogridError
    ├── InputError            invalid input
    │   ├── CoordinateError   swapped, not finite or out of range
    │   ├── DatumError        unknown datum or EPSG code
    │   ├── FileError         unreadable file, row or field
    │   ├── LayerError        layer that violates a rule
    │   ├── QueryError        invalid filter, cursor or period
    │   └── RowsError         invalid rows in a table
    ├── NotFoundError         record not found
    ├── ConflictError         record exists already, or its state does not allow the action
    │   └── StaleError        record has changed since it was read
    ├── PreconditionError     expected version missing
    ├── AccessError           missing or invalid credentials
    ├── ForbiddenError        missing permission, or outside the bounds
    ├── RetryError            the same request may succeed later
    │   ├── RateError         too many attempts
    │   └── UnavailableError  part of the service that is busy or starts again
    └── SetupError            problem of the environment: port, disk space, file permissions, missing extra

Each error has a stable ``code`` for programs, a message and an optional remedy. The exceptions contain no HTTP status;
`geogrid_api.problem_details` maps them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class GeogridError(Exception):
    """Base class of the errors that geogrid raises.

    Parameters
    ----------
    message
        What happened, in one sentence without input values.
    code
        Stable identifier such as ``"coordinates_swapped"``; by default the one of the class.
    field
        Field, column or option with the error.
    remedy
        How to solve the problem.

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
    """The input is invalid."""

    default_code = "invalid_input"
    title = "Invalid input · 输入无效"


class CoordinateError(InputError):
    """Coordinates are swapped, not finite or out of range."""

    default_code = "coordinates"
    title = "Invalid coordinates · 坐标无效"


class DatumError(InputError):
    """The datum is unknown."""

    default_code = "datum_unknown"
    title = "Unknown datum · 未知坐标系"


class FileError(InputError):
    """A file, row or field cannot be read."""

    default_code = "file"
    title = "File cannot be read · 文件无法读取"


class LayerError(InputError):
    """A layer violates a rule."""

    default_code = "layer"
    title = "Invalid layer · 图层不合格"


class QueryError(InputError):
    """A filter, cursor or period is invalid.

    Parameters
    ----------
    message, code, field, remedy
        As in `GeogridError`.
    allowed
        Existing names or values, if the error is an unknown one.
    """

    default_code = "query"
    title = "Invalid query · 查询条件无效"

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


@dataclass(frozen=True, slots=True)
class RowFault:
    """An error in a row; rows are numbered from 1."""

    row: int
    code: str
    message: str


class RowsError(InputError):
    """Some rows of a table are invalid.

    Parameters
    ----------
    message
        What happened, in one sentence.
    faults
        Errors of the first invalid rows.
    """

    default_code = "rows_refused"
    title = "Invalid rows · 部分行无效"

    def __init__(self, message: str, faults: Sequence[RowFault], *, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.faults = tuple(faults)


class NotFoundError(GeogridError):
    """The record does not exist."""

    default_code = "not_found"
    title = "Not found · 未找到"


class ConflictError(GeogridError):
    """The record exists already, or its state does not allow the action.

    Parameters
    ----------
    message, code, field, remedy
        As in `GeogridError`.
    allowed
        Codes of the actions that are allowed instead.
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
    """The record has changed since it was read."""

    default_code = "stale"
    title = "Changed in the meantime · 已被他人更改"


class PreconditionError(GeogridError):
    """The request does not name the expected version."""

    default_code = "precondition_required"
    title = "Precondition required · 缺少版本信息"


class AccessError(GeogridError):
    """The credentials are missing or invalid."""

    default_code = "key_required"
    title = "Login required · 需要登录或密钥"


class ForbiddenError(GeogridError):
    """The actor has no permission, or the record is outside the actor's bounds.

    Parameters
    ----------
    message, code, field, remedy
        As in `GeogridError`.
    permission
        Missing permission, if that is the reason.
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


class RetryError(GeogridError):
    """The same request may succeed later.

    Parameters
    ----------
    message, code, remedy
        As in `GeogridError`.
    retry_after_s
        Waiting time before the next attempt, in seconds.
    """

    def __init__(self, message: str, *, retry_after_s: int, code: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message, code=code, remedy=remedy)
        self.retry_after_s = retry_after_s


class RateError(RetryError):
    """There have been too many attempts."""

    default_code = "too_many_attempts"
    title = "Too many attempts · 尝试过多"


class UnavailableError(RetryError):
    """A part of the service is busy or starts again."""

    default_code = "unavailable"
    title = "Not available now · 暂时不可用"


class SetupError(GeogridError):
    """The environment has a problem: a port, disk space, file permissions, a missing extra."""

    default_code = "setup"
    title = "Setup problem · 环境问题"


class OverlapWarning(UserWarning):
    """Polygons of a layer overlap. Points in the overlap belong to the lowest code.

    Examples
    --------
    >>> issubclass(OverlapWarning, UserWarning)
    True
    """
