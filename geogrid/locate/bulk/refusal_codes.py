"""Why a row has no answer."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from geogrid.geo.datums import CoordinateFault, coordinate_error


class RefusalReason(IntEnum):
    """Why a row is refused; zero where it is not."""

    NONE = 0
    NOT_FINITE = CoordinateFault.NOT_FINITE
    OUT_OF_RANGE = CoordinateFault.OUT_OF_RANGE
    SWAPPED = CoordinateFault.SWAPPED
    MISSING = 4
    NOT_A_NUMBER = 5
    NOT_A_POINT = 6

    @property
    def code(self) -> str:
        """A stable word for programs.

        Examples
        --------
        >>> RefusalReason.SWAPPED.code
        'coordinates_swapped'
        """
        return _TEXTS[self][0]

    @property
    def sentence(self) -> str:
        """What is wrong, for people."""
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
