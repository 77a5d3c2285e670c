"""Findings of the topology check, and the number of incidents that each affects."""

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
    """Whether a finding blocks the activation of the layers (error) or not (warning)."""

    ERROR = "error"
    WARNING = "warning"


class FindingCode(StrEnum):
    """The type of a finding; the values are stable."""

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
    PARENT_LAYER = "parent_layer"
    NAME_MISSING = "name_missing"
    KIND_UNKNOWN = "kind_unknown"
    TOO_COMPLEX = "too_complex"
    OUTSIDE_DISTRICT = "outside_district"
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of the layers.

    Attributes
    ----------
    code
        The type of the problem.
    severity
        Errors block the activation, warnings do not.
    layer
        The layer to correct: one of `Layer`, or the name of a thematic layer.
    codes
        The areas concerned, at most two, in printable form; ``#3`` is the third feature of its file if it has no code.
        For a gap: the two neighbours with the longest common border. For ``outside_parent`` and ``two_parents`` the
        second code is the parent, or the other community or village.
    area_m2
        Area of the gap, overlap or part in square metres, on the WGS 84 ellipsoid; None if there is none.
    place
        A point in it, in WGS 84 degrees; None if the area has no usable coordinates.
    geometry
        The gap, overlap or part in WGS 84 degrees, or the point where a ring is invalid; None for attribute problems.
    message_zh, message_en
        The description in Chinese and in English.
    incidents
        Number of incidents in the gap, overlap or part; None if not counted, see `count_incidents`.
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
        """The description in both languages, on one line."""
        return f"{self.message_zh} · {self.message_en}"


def has_errors(findings: Iterable[Finding]) -> bool:
    """Return whether any finding blocks the activation of the layers."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def count_incidents(findings: Iterable[Finding], lon: ArrayLike, lat: ArrayLike) -> list[Finding]:
    """Return the findings with the number of incidents in each gap, overlap or part.

    Parameters
    ----------
    findings
        As `check_layers` returns them.
    lon, lat
        Coordinates of the incidents in WGS 84 degrees, shape (n,).

    Returns
    -------
    list of Finding
        Copies with `Finding.incidents` set if the finding has an area. Points on its border are counted.

    Examples
    --------
    >>> from geogrid.layers.topology.finding import FindingCode
    >>> from geogrid.layers.topology.messages import make_finding
    >>> from geogrid.model import Layer
    >>> gap = make_finding(FindingCode.NOISE, Layer.URBAN, geometry=shapely.box(113, 40, 114, 41), count=1)
    >>> count_incidents([gap], [113.5, 113.0, 112.9], [40.5, 40.0, 40.5])[0].incidents
    2
    """
    tree = shapely.STRtree(shapely.points(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)))
    return [
        finding if finding.area_m2 is None else replace(finding, incidents=_count(tree, finding))
        for finding in findings
    ]


def _count(tree: shapely.STRtree, finding: Finding) -> int:
    # The parts of a noise finding may overlap; each point is counted once.
    _, points = tree.query(shapely.get_parts(finding.geometry), predicate="covers")
    return len(np.unique(points))
