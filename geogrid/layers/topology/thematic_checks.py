"""Checks of a thematic layer: its codes, its shapes, and their position relative to the district."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.layers.thematic_layers import MAX_CODE
from geogrid.layers.topology.checked_features import printable_code
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.messages import make_finding
from geogrid.layers.topology.shape_checks import screen_coordinates, screen_polygon
from geogrid.model import ShapeKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.layers.thematic_layers import ThematicLayer
    from geogrid.layers.topology.finding import Finding
    from geogrid.model import Theme


@dataclass(frozen=True, slots=True, eq=False)
class _Feature:
    code: str | None
    label: str
    shape: shapely.Geometry | None


def check_theme(layer: ThematicLayer, district: shapely.Geometry | None = None) -> list[Finding]:
    """Return all findings of a thematic layer.

    Codes follow no scheme but must exist and be unique. Overlaps are allowed, see `geogrid.layers.thematic_layers`. A
    feature outside the district is a warning; if all features are outside, the datum is probably wrong.

    Parameters
    ----------
    layer
        The layer; its features may be invalid.
    district
        The valid shape of the district in WGS 84 degrees, or None to skip this check.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geogrid.layers.thematic_layers import ThematicLayer, make_theme
    >>> boxes = [shapely.box(113.2, 40, 113.3, 40.1), shapely.box(116, 39, 117, 40)]
    >>> data = {"code": ["A", "A"], "name": ["a", "b"], "parent": None, "kind": None, "synthetic": False}
    >>> frame = gpd.GeoDataFrame(data, geometry=boxes, crs="EPSG:4326")
    >>> layer = ThematicLayer(make_theme("idle_land", ShapeKind.POLYGON), frame)
    >>> [(finding.code.value, finding.severity.value) for finding in check_theme(layer, shapely.box(113, 39, 114, 41))]
    [('duplicate_code', 'error'), ('outside_district', 'warning')]
    """
    features = list(_features(layer))
    screened = [(feature, _screen(layer.theme, feature)) for feature in features]
    usable = [feature for feature, finding in screened if not finding]
    return [
        *_check_codes(layer.theme.name, features),
        *(finding for _, finding in screened if finding),
        *(_check_outside_district(layer.theme.name, usable, district) if district is not None else ()),
    ]


def _features(layer: ThematicLayer) -> Iterator[_Feature]:
    columns = layer.frame[["code", "geometry"]].itertuples(index=False)
    for number, (code, shape) in enumerate(columns, start=1):
        yield _Feature(code or None, printable_code(code, number), shape)


def _check_codes(theme: str, features: Sequence[_Feature]) -> Iterator[Finding]:
    counts = Counter(feature.code or "" for feature in features)
    for feature in {feature.code: feature for feature in features}.values():
        codes = (feature.label,)
        count = counts[feature.code or ""]
        if feature.code and count > 1:
            yield make_finding(FindingCode.DUPLICATE_CODE, theme, codes, located_in=feature.shape, count=count)
        if feature.code is None or len(feature.code) > MAX_CODE:
            yield make_finding(FindingCode.CODE_LENGTH, theme, codes, located_in=feature.shape, count=MAX_CODE)


def _screen(theme: Theme, feature: _Feature) -> Finding | None:
    if theme.shape is ShapeKind.POLYGON:
        return screen_polygon(theme.name, feature.label, feature.shape)
    finding = screen_coordinates(theme.name, feature.label, feature.shape, {"LineString", "MultiLineString"})
    if finding is None and not shapely.length(feature.shape):
        return make_finding(FindingCode.GEOMETRY_MISSING, theme.name, (feature.label,))
    return finding


def _check_outside_district(theme: str, features: Sequence[_Feature], district: shapely.Geometry) -> Iterator[Finding]:
    shapely.prepare(district)
    shapes = np.array([feature.shape for feature in features], dtype=object)
    for number in np.flatnonzero(~shapely.intersects(district, shapes)).tolist():
        feature = features[number]
        yield make_finding(FindingCode.OUTSIDE_DISTRICT, theme, (feature.label,), located_in=feature.shape)
