"""The check of a set of layers: every step, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.layers.topology.areas import TILINGS, Area, Plane, areas_of, metres_of
from geogrid.layers.topology.attribute_checks import check_words
from geogrid.layers.topology.finding import FindingCode, Severity
from geogrid.layers.topology.messages import find
from geogrid.layers.topology.nesting_checks import check_nesting
from geogrid.layers.topology.shape_checks import check_doubles, check_forms, screen
from geogrid.layers.topology.slivers import Leftovers
from geogrid.layers.topology.tiling_checks import check_gaps, check_overlaps
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd
    import shapely

    from geogrid.layers.topology.finding import Finding

_LAYERS: list[str] = list(Layer)
_CODES = list(FindingCode)


def check_layers(layers: Mapping[Layer, gpd.GeoDataFrame]) -> list[Finding]:
    """Say what is wrong with a set of layers.

    Shapes that cannot be compared with others, because a ring is not valid or has far too many vertices, are named and
    left out of what follows; gaps in their convex hulls are not told until they are mended. The work is bounded,
    whatever the shapes: what would cost too much is named as ``too_complex`` and left out too.

    Parameters
    ----------
    layers
        Frames with the columns code, name, parent, kind and geometry (WGS 84 degrees), see
        `geogrid.layers.geojson_reader.read_layer`. Values and shapes may be invalid. A missing layer is not an error:
        without a district only the holes between areas are gaps, without communities and villages no grid has a parent.

    Returns
    -------
    list of Finding
        Errors first, then by layer and code. Empty where all is well.

    Examples
    --------
    >>> from geogrid.layers.geojson_reader import read_generation
    >>> from geogrid.resources import data_path
    >>> layers = read_generation(data_path("boundaries"))
    >>> check_layers(layers)
    []

    Without one of its grids the district has a gap:

    >>> layers[Layer.URBAN] = layers[Layer.URBAN].iloc[1:]
    >>> [(found.code.value, found.codes) for found in check_layers(layers)]
    [('gap', ('140213050001002', '140213050001005'))]
    """
    areas = list(areas_of(layers))
    findings = [*_check_counts(layers), *check_words(areas)]
    screened = [(area, screen(area)) for area in areas]
    findings += [found for _, found in screened if found]
    good = [area for area, found in screened if not found]
    plane = Plane.around(np.array([area.shape for area in good], dtype=object))
    good = [replace(area, metres=plane.to_metres(area.shape)) for area in good]
    bad = [area for area, found in screened if found and found.code is not FindingCode.COORDINATES and area.shape]
    findings += check_forms(good)
    doubles, single = check_doubles(good)
    leftovers = Leftovers(plane)
    findings += [*doubles, *_check_levels(single, bad, plane, leftovers), *check_nesting(good, leftovers)]
    return sorted([*findings, *leftovers.findings()], key=_order)


def _check_counts(layers: Mapping[Layer, gpd.GeoDataFrame]) -> Iterator[Finding]:
    """Yield layers with nothing in them: no fault where its fellow has something, such as a town without villages."""
    for level in ((Layer.DISTRICT,), *TILINGS, (Layer.DEDICATED,)):
        given = [layer for layer in level if layer in layers]
        empty = [layer for layer in given if not len(layers[layer])]
        whole = len(empty) == len(given) and Layer.DEDICATED not in level
        for layer in empty:
            yield find(FindingCode.LAYER_EMPTY, layer, severity=Severity.ERROR if whole else Severity.WARNING)


def _check_levels(good: Sequence[Area], bad: Sequence[Area], plane: Plane, leftovers: Leftovers) -> Iterator[Finding]:
    around = _whole(good)
    for level in TILINGS:
        areas = [area for area in good if area.layer in level]
        unread = [plane.to_metres(area.shape) for area in bad if area.layer in level]
        found, uncompared = check_overlaps(areas, plane, leftovers)
        yield from found
        kept = [area for number, area in enumerate(areas) if number not in uncompared]
        unread += [areas[number].metres for number in sorted(uncompared)]
        yield from check_gaps(kept, unread, around, leftovers)
    found, _ = check_overlaps([area for area in good if area.layer is Layer.DEDICATED], plane, leftovers)
    yield from found


def _whole(areas: Iterable[Area]) -> shapely.Geometry | None:
    """Return what is to be tiled, or None if that cannot be told: a district is one feature."""
    district = metres_of(area for area in areas if area.layer is Layer.DISTRICT)
    return district[0] if len(district) == 1 else None


def _order(found: Finding) -> tuple[bool, int, int, tuple[str, ...], float]:
    return (
        found.severity is Severity.WARNING,
        _LAYERS.index(found.layer),
        _CODES.index(found.code),
        found.codes,
        -(found.area_m2 or 0.0),
    )
