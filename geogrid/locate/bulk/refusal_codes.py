"""Codes of the reasons for which a row of points is refused."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from geogrid.geo.datums import CoordinateFault, coordinate_error


class RefusalReason(IntEnum):
    """The reason why a row is refused; 0 for a valid row."""

    NONE = 0
    NOT_FINITE = CoordinateFault.NOT_FINITE
    OUT_OF_RANGE = CoordinateFault.OUT_OF_RANGE
    SWAPPED = CoordinateFault.SWAPPED
    MISSING = 4
    NOT_A_NUMBER = 5
    NOT_A_POINT = 6

    @property
    def code(self) -> str:
        """Stable code of the reason.

        Examples
        --------
        >>> RefusalReason.SWAPPED.code
        'coordinates_swapped'
        """
        return _TEXTS[self][0]

    @property
    def sentence(self) -> str:
        """Message of the reason."""
        return _TEXTS[self][1]


_TEXTS: Final = {
    RefusalReason.NONE: ("", ""),
    **{
        RefusalReason(fault): (coordinate_error(fault).code, coordinate_error(fault).message)
        for fault in CoordinateFault
        if fault
    },
    RefusalReason.MISSING: ("missing", "A coordinate is missing."),
    RefusalReason.NOT_A_NUMBER: ("not_a_number", "A coordinate is not a number."),
    RefusalReason.NOT_A_POINT: ("not_a_point", "The geometry is not a point."),
}
