"""Codes of the reasons for which a row of points is refused."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from geogrid.geo.coordinate_checks import CoordinateFault, coordinate_error


class RefusalReason(IntEnum):
    """The reason why a row is refused; 0 for a valid row."""

    NONE = 0
    NOT_FINITE = CoordinateFault.NOT_FINITE
    OUT_OF_RANGE = CoordinateFault.OUT_OF_RANGE
    SWAPPED = CoordinateFault.SWAPPED
    AXES_SWAPPED = CoordinateFault.AXES_SWAPPED
    DEGREES = CoordinateFault.DEGREES
    METRES = CoordinateFault.METRES
    ZONE_GIVEN = CoordinateFault.ZONE_GIVEN
    ZONE_MISSING = CoordinateFault.ZONE_MISSING
    MISSING = 20
    NOT_A_NUMBER = 21
    NOT_A_POINT = 22
    NOT_A_PAIR = 23

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

    @property
    def remedy(self) -> str:
        """How to solve the problem; may be empty."""
        fault = int(self) in set(CoordinateFault) and self is not RefusalReason.NONE
        return (coordinate_error(CoordinateFault(self)).remedy or "") if fault else _REMEDIES.get(self, "")


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
    RefusalReason.NOT_A_PAIR: ("not_a_pair", "The value is not a pair of coordinates."),
}
_REMEDIES: Final = {
    RefusalReason.NOT_A_NUMBER: "Write decimal numbers; --point COLUMN reads both coordinates from one column.",
    RefusalReason.NOT_A_PAIR: "Write longitude and latitude with a comma between them, such as 113.2988,40.09.",
}
