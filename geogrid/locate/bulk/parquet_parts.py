"""A Parquet file from parts that were written each by itself: their bytes stand one after the other as they are.

What is changed is the footer: it lists the row groups of all parts, with the places that they have now. So a part that
is written need not be read again, and the file can grow while nobody knows yet how long it will be.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.locate.bulk.thrift import I64, LIST, STRUCT, Struct, read_struct, write_struct

if TYPE_CHECKING:
    from collections.abc import Sequence

MAGIC: Final = b"PAR1"
_TRAILER: Final = 8
# Field numbers of parquet.thrift.
_ROWS, _GROUPS = 3, 4
_GROUP_COLUMNS, _GROUP_OFFSET, _GROUP_ORDINAL = 1, 5, 7
_CHUNK_OFFSETS = (2, 4, 6)
_CHUNK_META = 3
_META_OFFSETS = (9, 10, 11, 14)


@dataclass(frozen=True, slots=True)
class Footer:
    """The footer of a part, and where its first byte after the magic stands in the whole."""

    content: bytes
    begin: int


def split(part: memoryview) -> tuple[memoryview, bytes]:
    """Return the row groups and the footer of a Parquet file."""
    length = int.from_bytes(part[-_TRAILER:-4], "little")
    end = len(part) - _TRAILER - length
    return part[len(MAGIC) : end], bytes(part[end : end + length])


def join_footers(schema_footer: bytes, footers: Sequence[Footer]) -> bytes:
    """Return the end of the whole file: its footer, the footer's length and the magic.

    Parameters
    ----------
    schema_footer
        The footer of a file of the same schema; all but its row groups is kept.
    footers
        Of the parts, in their order.
    """
    whole = read_struct(io.BytesIO(schema_footer))
    groups: list[Struct] = []
    for footer in footers:
        for group in read_struct(io.BytesIO(footer.content))[_GROUPS][1][1]:
            _shift_group(group, footer.begin - len(MAGIC))
            group.pop(_GROUP_ORDINAL, None)  # 16 bits, and optional
            groups.append(group)
    whole[_ROWS] = (I64, sum(group[_ROWS][1] for group in groups))
    whole[_GROUPS] = (LIST, (STRUCT, groups))
    content = write_struct(whole)
    return content + len(content).to_bytes(4, "little") + MAGIC


def _shift_group(group: Struct, by: int) -> None:
    _shift(group, (_GROUP_OFFSET,), by)
    for chunk in group[_GROUP_COLUMNS][1][1]:
        _shift(chunk, _CHUNK_OFFSETS, by)
        _shift(chunk[_CHUNK_META][1], _META_OFFSETS, by)


def _shift(fields: Struct, numbers: tuple[int, ...], by: int) -> None:
    """Move the places that are told; zero tells none."""
    for number in numbers:
        if number in fields and fields[number][1]:
            kind, value = fields[number]
            fields[number] = (kind, value + by)
