"""Thrift's compact protocol, as far as the footer of a Parquet file needs it: read to a tree, change, write again.

A struct is a dict of ``field number: (type, value)``, a list is ``(type of items, values)``. Fields that this module
knows nothing about are kept as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import io

STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(13)
_INTEGERS: Final = (I16, I32, I64)
_SHORT: Final = 15

Struct = dict[int, tuple[int, Any]]


def read_struct(source: io.BytesIO) -> Struct:
    """Read a struct.

    Examples
    --------
    >>> import io
    >>> tree = {1: (I64, -7), 4: (LIST, (STRUCT, [{2: (BINARY, b"x")}])), 40: (TRUE, True)}
    >>> read_struct(io.BytesIO(write_struct(tree))) == tree
    True
    """
    fields: Struct = {}
    number = 0
    while head := source.read(1)[0]:
        kind = head & _SHORT
        number = number + (head >> 4) if head >> 4 else _read_signed(source)
        fields[number] = (kind, kind == TRUE if kind in (TRUE, FALSE) else _read(source, kind))
    return fields


def write_struct(fields: Struct) -> bytes:
    """Write a struct."""
    out, before = bytearray(), 0
    for number, (kind, value) in sorted(fields.items()):
        step = number - before
        out += bytes([step << 4 | kind]) if 0 < step <= _SHORT else bytes([kind]) + _signed(number)
        out += b"" if kind in (TRUE, FALSE) else _write(kind, value)
        before = number
    return bytes(out) + b"\0"


def _read(source: io.BytesIO, kind: int) -> Any:  # noqa: ANN401 - a tree
    if kind in _INTEGERS:
        return _read_signed(source)
    if kind == BINARY:
        return source.read(_read_varint(source))
    if kind == STRUCT:
        return read_struct(source)
    if kind in (LIST, SET):
        head = source.read(1)[0]
        count = head >> 4 if head >> 4 < _SHORT else _read_varint(source)
        return head & _SHORT, [_read(source, head & _SHORT) for _ in range(count)]
    if kind in (BYTE, TRUE, FALSE):
        return source.read(1)
    if kind == DOUBLE:
        return source.read(8)
    raise ValueError("not a type that a footer has")


def _write(kind: int, value: Any) -> bytes:  # noqa: ANN401 - a tree
    if kind in _INTEGERS:
        return _signed(value)
    if kind == BINARY:
        return _varint(len(value)) + bytes(value)
    if kind == STRUCT:
        return write_struct(value)
    if kind in (LIST, SET):
        inner, items = value
        head = bytes([len(items) << 4 | inner]) if len(items) < _SHORT else bytes([0xF0 | inner]) + _varint(len(items))
        return head + b"".join(_write(inner, item) for item in items)
    return bytes(value)


def _read_varint(source: io.BytesIO) -> int:
    value = shift = 0
    while True:
        byte = source.read(1)[0]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last byte has no high bit
            return value
        shift += 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_signed(source: io.BytesIO) -> int:
    value = _read_varint(source)
    return value >> 1 ^ -(value & 1)


def _signed(value: int) -> bytes:
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)
