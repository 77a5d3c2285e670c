"""Layout of the paper: boxes in millimetres from the lower left, and the placing of the district to scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.geo.datums import from_wgs84, metres_per_unit
from geogrid_maps.prints.model import Paper

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_MARGIN_MM: Final = 10.0
_PANEL: Final = 0.235
#: Scale denominators are multiples of the first, and large scales of the second.
_STEP, _FINE_STEP, _FINE_UP_TO = 5_000, 500, 10_000
#: Maximum length of the scale bar.
BAR_MM: Final = 60.0
_LENGTHS_KM: Final = tuple(digit * 10.0**power for power in range(-2, 4) for digit in (1, 2, 5))


@dataclass(frozen=True, slots=True)
class PaperBox:
    """A rectangle on the paper, in millimetres from the lower left."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """Width in millimetres."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in millimetres."""
        return self.top - self.bottom

    @property
    def middle(self) -> tuple[float, float]:
        """Centre, in millimetres from the lower left."""
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2


@dataclass(frozen=True, slots=True)
class Layout:
    """The boxes of a print.

    Attributes
    ----------
    paper
        Size of the paper.
    map, panel
        Boxes of the maps and of the sidebar to the right.
    unit
        Factor of text and line sizes: larger paper is read from farther away.
    """

    paper: Paper
    map: PaperBox
    panel: PaperBox
    unit: float

    @classmethod
    def of(cls, paper: Paper) -> Layout:
        """Return the layout of a paper size."""
        width, height = paper.size_mm
        split = width - _MARGIN_MM - width * _PANEL
        return cls(
            paper=paper,
            map=PaperBox(_MARGIN_MM, _MARGIN_MM, split - 5, height - _MARGIN_MM),
            panel=PaperBox(split, _MARGIN_MM, width - _MARGIN_MM, height - _MARGIN_MM),
            unit=1.0 if paper is Paper.A4 else 1.3,
        )


@dataclass(frozen=True, slots=True)
class Placing:
    """Transformation from metres of the projection to millimetres on the paper.

    Attributes
    ----------
    denominator
        Denominator of the scale.
    middle_m, middle_mm
        A point as easting and northing, and on the paper.
    """

    denominator: int
    middle_m: tuple[float, float]
    middle_mm: tuple[float, float]

    @classmethod
    def fit(cls, bounds_m: tuple[float, float, float, float], box: PaperBox) -> Placing:
        """Return the largest round scale at which the bounds fit into a box, centred.

        Parameters
        ----------
        bounds_m
            Minimum easting and northing, maximum easting and northing, metres.
        box
            Box on the paper.

        Examples
        --------
        >>> Placing.fit((440_000, 4_430_000, 456_000, 4_451_000), PaperBox(0, 0, 200, 190)).denominator
        115000
        """
        west, south, east, north = bounds_m
        needed = max((east - west) / box.width, (north - south) / box.height) * 1_000
        step = _FINE_STEP if needed <= _FINE_UP_TO else _STEP
        return cls(
            denominator=max(math.ceil(needed / step), 1) * step,
            middle_m=((west + east) / 2, (south + north) / 2),
            middle_mm=box.middle,
        )

    def place(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a shape in millimetres on the paper from one in metres."""
        factor = 1_000 / self.denominator

        def on_paper(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            # 0.01 mm is finer than any printer, and keeps files small.
            return ((xy - self.middle_m) * factor + self.middle_mm).round(2)

        return shapely.transform(geometry, on_paper)

    @property
    def bar_km(self) -> float:
        """Length of the scale bar in km: the longest round length that fits.

        Examples
        --------
        >>> Placing(100_000, (0, 0), (0, 0)).bar_km
        5.0
        """
        return max(length for length in _LENGTHS_KM if self.bar_mm(length) <= BAR_MM)

    def bar_mm(self, length_km: float) -> float:
        """Return a length on the paper, in millimetres."""
        return length_km * 1e6 / self.denominator


def project(geometry: BaseGeometry, projection: str) -> BaseGeometry:
    """Return a shape in metres of a projection from one in WGS 84 degrees.

    Examples
    --------
    >>> point = project(shapely.Point(113.2988, 40.09), "epsg:4547")
    >>> round(point.x), round(point.y)
    (440200, 4439758)
    """
    unit_m = metres_per_unit(projection)
    return shapely.transform(geometry, lambda xy: np.stack(from_wgs84(xy[:, 0], xy[:, 1], projection), axis=1) * unit_m)
