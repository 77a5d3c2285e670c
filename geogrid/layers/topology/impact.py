"""How many incidents a finding touches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

    from geogrid.layers.topology.finding import Finding


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
