"""The topology check of a set of layers: all checks, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.geo.plane import Plane
from geogrid.layers.codes import ANY_CODES, CodeScheme
from geogrid.layers.topology.attribute_checks import check_attributes
from geogrid.layers.topology.checked_features import TILINGS, CheckedArea, iter_areas, plane_shapes
from geogrid.layers.topology.finding import FindingCode, Severity
from geogrid.layers.topology.messages import make_finding
from geogrid.layers.topology.nesting_checks import check_nesting
from geogrid.layers.topology.shape_checks import check_shapes, find_duplicate_shapes, screen_area
from geogrid.layers.topology.slivers import Leftovers
from geogrid.layers.topology.tiling_checks import check_gaps, check_overlaps
from geogrid.model import BASE_LAYERS, DedicatedNesting, Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd
    import shapely

    from geogrid.layers.topology.finding import Finding

_LAYERS: list[str] = list(Layer)
_CODES = list(FindingCode)


def check_layers(
    layers: Mapping[Layer, gpd.GeoDataFrame],
    scheme: CodeScheme = ANY_CODES,
    *,
    dedicated_in: DedicatedNesting = DedicatedNesting.COMMUNITY,
) -> list[Finding]:
    """Return all topology findings of a set of layers.

    Shapes that cannot be compared, because a ring is invalid or has too many vertices, are reported and excluded from
    the other checks; gaps in their convex hulls are not reported. The work is bounded for any input: comparisons that
    cost too much are reported as ``too_complex`` and skipped.

    Parameters
    ----------
    layers
        Frames with the columns code, name, parent, kind and geometry (WGS 84 degrees), see
        `geogrid.layers.generation_file_reader.read_layer`. Values and shapes may be invalid. Layers may be missing:
        without a district only holes between areas are gaps. A parent that is not found is an error if its layer must
        be there: the next higher level or every higher layer is given. A layer that the district does not have is an
        empty frame.
    scheme
        Code scheme of the district; by default any code, of which none contains a parent.
    dedicated_in
        The area in which dedicated grids must lie.

    Returns
    -------
    list of Finding
        Errors first, then by layer and finding code. Empty if the layers are valid.

    Examples
    --------
    >>> from geogrid.layers.generation_file_reader import read_generation
    >>> from geogrid.reference_files import data_path
    >>> layers = read_generation(data_path("boundaries"))
    >>> check_layers(layers)
    []

    Without one of its grids the district has a gap:

    >>> layers[Layer.URBAN] = layers[Layer.URBAN].iloc[1:]
    >>> [(finding.code.value, finding.codes) for finding in check_layers(layers)]
    [('gap', ('140213050001002', '140213050001005'))]
    """
    areas = list(iter_areas(layers))
    findings = [*_check_counts(layers), *check_attributes(areas, set(layers), scheme)]
    screened = [(area, screen_area(area)) for area in areas]
    findings += [finding for _, finding in screened if finding]
    comparable = [area for area, finding in screened if not finding]
    plane = Plane.around(np.array([area.shape for area in comparable], dtype=object))
    comparable = [replace(area, metres=plane.to_metres(area.shape)) for area in comparable]
    excluded = [
        area for area, finding in screened if finding and finding.code is not FindingCode.COORDINATES and area.shape
    ]
    findings += check_shapes(comparable)
    duplicates, distinct = find_duplicate_shapes(comparable)
    leftovers = Leftovers(plane)
    findings += [
        *duplicates,
        *_check_levels(distinct, excluded, plane, leftovers),
        *check_nesting(comparable, leftovers, dedicated_in),
    ]
    return sorted([*findings, *leftovers.findings()], key=_sort_key)


def _check_counts(layers: Mapping[Layer, gpd.GeoDataFrame]) -> Iterator[Finding]:
    """Yield empty layers: an error for the district and for all base grids together, else a warning."""
    for level in ((Layer.DISTRICT,), *TILINGS, (Layer.DEDICATED,)):
        given = [layer for layer in level if layer in layers]
        empty = [layer for layer in given if not len(layers[layer])]
        whole = len(empty) == len(given) and level in ((Layer.DISTRICT,), BASE_LAYERS)
        for layer in empty:
            yield make_finding(FindingCode.LAYER_EMPTY, layer, severity=Severity.ERROR if whole else Severity.WARNING)


def _check_levels(
    comparable: Sequence[CheckedArea], excluded: Sequence[CheckedArea], plane: Plane, leftovers: Leftovers
) -> Iterator[Finding]:
    district = _district_shape(comparable)
    layer_of = {area.code: area.layer for area in comparable if area.code}
    for level in TILINGS:
        areas = [area for area in comparable if area.layer in level]
        bypassing = [area for area in comparable if _bypasses(area, level, layer_of)]
        incomparable = [
            plane.to_metres(area.shape) for area in excluded if area.layer in level or _bypasses(area, level, layer_of)
        ]
        overlaps, uncompared = check_overlaps(areas, plane, leftovers)
        yield from overlaps
        kept = [area for number, area in enumerate(areas) if number not in uncompared]
        incomparable += [areas[number].metres for number in sorted(uncompared)]
        if kept:
            yield from check_gaps([*kept, *bypassing], incomparable, district, leftovers)
    overlaps, _ = check_overlaps([area for area in comparable if area.layer is Layer.DEDICATED], plane, leftovers)
    yield from overlaps


def _bypasses(area: CheckedArea, level: Sequence[Layer], layer_of: Mapping[str, Layer]) -> bool:
    """Return whether an area below a level has its parent above the level, which is then absent there."""
    parent = layer_of.get(area.parent or "")
    return (
        parent is not None
        and area.layer is not Layer.DEDICATED
        and _LAYERS.index(area.layer) > _LAYERS.index(level[-1])
        and _LAYERS.index(parent) < _LAYERS.index(level[0])
    )


def _district_shape(areas: Iterable[CheckedArea]) -> shapely.Geometry | None:
    """Return the shape of the district, or None unless there is exactly one."""
    district = plane_shapes(area for area in areas if area.layer is Layer.DISTRICT)
    return district[0] if len(district) == 1 else None


def _sort_key(finding: Finding) -> tuple[bool, int, int, tuple[str, ...], float]:
    return (
        finding.severity is Severity.WARNING,
        _LAYERS.index(finding.layer),
        _CODES.index(finding.code),
        finding.codes,
        -(finding.area_m2 or 0.0),
    )
