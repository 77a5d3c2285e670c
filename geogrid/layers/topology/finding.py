"""What a check finds: one frozen record each, with words for people in both languages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

    from geogrid.model import Layer, Point


class Severity(StrEnum):
    """Whether a layer can be put in force with it."""

    ERROR = "error"
    WARNING = "warning"


class FindingCode(StrEnum):
    """What is wrong; the values are stable."""

    LAYER_EMPTY = "layer_empty"
    GEOMETRY_MISSING = "geometry_missing"
    COORDINATES = "coordinates"
    RING_INVALID = "ring_invalid"
    VERTICES_TOO_MANY = "vertices_too_many"
    MULTIPART = "multipart"
    SLIVER = "sliver"
    DUPLICATE_SHAPE = "duplicate_shape"
    GAP = "gap"
    OVERLAP = "overlap"
    OUTSIDE_PARENT = "outside_parent"
    TWO_PARENTS = "two_parents"
    CODE_SCHEME = "code_scheme"
    CODE_LENGTH = "code_length"
    CODE_PARENT = "code_parent"
    DUPLICATE_CODE = "duplicate_code"
    PARENT_UNKNOWN = "parent_unknown"
    NAME_MISSING = "name_missing"
    KIND_UNKNOWN = "kind_unknown"
    TOO_COMPLEX = "too_complex"
    OUTSIDE_DISTRICT = "outside_district"
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the layers.

    Attributes
    ----------
    code
        What it is.
    severity
        An error blocks, a warning does not.
    layer
        The layer that has to be mended: one of `Layer`, or the name of a thematic layer.
    codes
        The areas concerned, at most two, with control characters taken out; ``#3`` is the third feature of its file,
        where that has no code. A gap names the neighbours that reach furthest along it. For ``outside_parent`` and
        ``two_parents`` the second is the parent left, or the other community or village.
    area_m2
        How large the gap, overlap or part is: geodesic, on the WGS 84 ellipsoid, in square metres. None without one.
    place
        A point in it, in WGS 84 degrees, or None where the area concerned has no place on the map.
    geometry
        The gap, overlap or part in WGS 84 degrees, or the point where a ring fails; None where the fault is no place.
    message_zh, message_en
        What is wrong, in Chinese and in English.
    incidents
        How many incidents lie in the gap, overlap or part; None if nobody has counted, see `count_incidents`.
    """

    code: FindingCode
    severity: Severity
    layer: Layer | str
    codes: tuple[str, ...]
    area_m2: float | None
    place: Point | None
    geometry: shapely.Geometry | None
    message_zh: str
    message_en: str
    incidents: int | None = None

    @property
    def message(self) -> str:
        """Both languages in one line."""
        return f"{self.message_zh} · {self.message_en}"


def has_errors(findings: Iterable[Finding]) -> bool:
    """Return whether any finding stands in the way of putting the layers in force."""
    return any(found.severity is Severity.ERROR for found in findings)


def count_incidents(findings: Iterable[Finding], lon: ArrayLike, lat: ArrayLike) -> list[Finding]:
    """Count the incidents that lie in each gap, overlap or part.

    Parameters
    ----------
    findings
        As `check_layers` returns them.
    lon, lat
        Where the incidents lie, in WGS 84 degrees, shape (n,).

    Returns
    -------
    list of Finding
        The same, with `Finding.incidents` filled where a finding has an area; borders count.

    Examples
    --------
    >>> from geogrid.layers.topology.finding import FindingCode
    >>> from geogrid.layers.topology.messages import find
    >>> from geogrid.model import Layer
    >>> gap = find(FindingCode.NOISE, Layer.URBAN, drawn=shapely.box(113, 40, 114, 41), count=1)
    >>> count_incidents([gap], [113.5, 113.0, 112.9], [40.5, 40.0, 40.5])[0].incidents
    2
    """
    found = list(findings)
    tree = shapely.STRtree(shapely.points(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)))
    return [one if one.area_m2 is None else replace(one, incidents=_count(tree, one)) for one in found]


def _count(tree: shapely.STRtree, finding: Finding) -> int:
    # Part by part: those of noise may overlap each other, and a point counts once.
    _, points = tree.query(shapely.get_parts(finding.geometry), predicate="covers")
    return len(np.unique(points))
