"""Check and mend layers of GeoDataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.errors import LayerError, QueryError
from geogrid.geo import datums
from geogrid.layers import mend, topology
from geogrid.layers.codes import ANY_CODES, CodeScheme
from geogrid.layers.files.file_datum import resolve_datum
from geogrid.layers.mend import DEFAULT_TOLERANCE_M, OverlapRule
from geogrid.layers.noding import node_layers
from geogrid.layers.topology.finding import FindingCode
from geogrid.locate.code_column import code_column
from geogrid.locate.frame_polygons import layer_label
from geogrid.model import DedicatedNesting, Layer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geogrid.layers.mend import MendRecord
    from geogrid.layers.topology.finding import Finding

    #: One frame of grids, or frames by layer name.
    LayerFrames: TypeAlias = gpd.GeoDataFrame | Mapping[str, gpd.GeoDataFrame]

#: The layer of a frame without a layer name.
_DEFAULT_LAYER: Final = Layer.URBAN
_TEXT_COLUMNS: Final = ("name", "parent", "kind")
#: Optional columns, by the findings about them.
_COLUMN_OF: Final = {
    FindingCode.NAME_MISSING: "name",
    FindingCode.PARENT_UNKNOWN: "parent",
    FindingCode.PARENT_LAYER: "parent",
    FindingCode.KIND_UNKNOWN: "kind",
}
#: Findings about the code scheme.
_CODE_SCHEME: Final = frozenset({FindingCode.CODE_SCHEME, FindingCode.CODE_PARENT})
_FINDING_COLUMNS: Final = ("finding", "severity", "layer", "codes", "area_m2", "message_en", "message_zh")
_CHANGE_COLUMNS: Final = ("layer", "codes", "done", "moved_m", "gained_m2", "lost_m2", "message_en", "message_zh")


@dataclass(frozen=True, slots=True, eq=False)
class MendedFrames:
    """Mended layers and the changes.

    Attributes
    ----------
    frames
        New frames by layer name, in EPSG:4326, with the rows, columns and index of the input.
    changes
        One row for each resolved overlap, then one for each changed polygon: the columns ``layer``,
        ``codes`` (a tuple), ``done`` (a tuple), ``moved_m``, ``gained_m2``, ``lost_m2``, ``message_en`` and
        ``message_zh``; see `geogrid.layers.mend.MendRecord`.
    """

    frames: dict[str, gpd.GeoDataFrame]
    changes: pd.DataFrame


def check_layers(
    frames: LayerFrames,
    *,
    code: str | None = None,
    datum: str | None = None,
    code_scheme: CodeScheme | None = None,
    dedicated_in: DedicatedNesting | str = DedicatedNesting.COMMUNITY,
) -> gpd.GeoDataFrame:
    """Return the findings of a check of layers.

    Layer names are ``district``, ``street``, ``community``, ``village``, ``urban``, ``rural`` and ``dedicated``; each
    is optional. Streets, communities with villages, and urban with rural grids each tile the district, so gaps and
    overlaps in them are findings. In a datum other than WGS 84 the layers are noded before the conversion, see
    `geogrid.layers.noding`.

    Parameters
    ----------
    frames
        Frames by layer name, or one frame, which is checked as the layer ``urban``. The columns ``name``, ``parent``
        (code of the area above) and ``kind`` are optional, and are checked if present.
    code
        The column of the codes. By default the column ``code``, or the index if a frame has no such column.
    datum
        The datum of the frames; required for frames without a CRS, and for GCJ-02 and BD-09, which have no CRS.
    code_scheme
        Patterns that the codes have to match, see `geogrid.layers.codes.CodeScheme`; by default any code is valid.
    dedicated_in
        The area in which dedicated grids must lie: ``"community"``, ``"street"``, ``"largest_share"`` or ``"none"``,
        see `geogrid.model.DedicatedNesting`.

    Returns
    -------
    GeoDataFrame
        One row for each finding, errors first: ``finding``, ``severity``, ``layer``, ``codes`` (a tuple), ``area_m2``,
        ``message_en``, ``message_zh`` and the geometry of the gap, overlap or part in EPSG:4326. See
        `geogrid.layers.topology.Finding`.

    Raises
    ------
    LayerError
        If a layer name is unknown, or a frame has no code column.
    DatumError
        If a datum is missing, or impossible for the coordinates.
    QueryError
        If the rule for dedicated grids is unknown.

    Examples
    --------
    >>> import geogrid
    >>> import geopandas as gpd
    >>> from geogrid.reference_files import data_path
    >>> grids = gpd.read_file(data_path("boundaries", "urban.geojson"))
    >>> rural = gpd.read_file(data_path("boundaries", "rural.geojson"))
    >>> len(geogrid.check_layers({"urban": grids, "rural": rural}))
    0
    >>> found = geogrid.check_layers({"urban": grids.drop(index=0), "rural": rural})
    >>> found[["finding", "severity", "layer"]].values.tolist()
    [['gap', 'error', 'urban']]
    """
    named = _name_layers(frames)
    layers = _layers_in_wgs84(named, code, datum)
    found = topology.check_layers(layers, code_scheme or ANY_CODES, dedicated_in=_parse_nesting(dedicated_in))
    findings = [finding for finding in found if _is_wanted(finding, named, checks_codes=code_scheme is not None)]
    rows = [
        (
            finding.code.value,
            finding.severity.value,
            str(finding.layer),
            finding.codes,
            finding.area_m2,
            finding.message_en,
            finding.message_zh,
        )
        for finding in findings
    ]
    table = pd.DataFrame(rows, columns=list(_FINDING_COLUMNS))
    return gpd.GeoDataFrame(table, geometry=_series(finding.geometry for finding in findings))


def mend_layers(
    frames: LayerFrames,
    *,
    tolerance_m: float = DEFAULT_TOLERANCE_M,
    overlap_rule: OverlapRule | str | None = None,
    code: str | None = None,
    datum: str | None = None,
    dedicated_in: DedicatedNesting | str = DedicatedNesting.COMMUNITY,
) -> MendedFrames:
    """Return layers with small defects mended, and the changes.

    Self-intersecting rings are made valid if they are not ambiguous. Gaps, overlaps and parts outside a parent that are
    nowhere wider than the tolerance go to the neighbour with the longest common border. The outline of the district
    never moves. Wider gaps and overlaps stay; `check_layers` finds them.

    Parameters
    ----------
    frames, code, datum, dedicated_in
        Parameters of `check_layers`. The input is not modified.
    tolerance_m
        Maximum width of a gap or overlap to close, and maximum movement of a border, in metres; more than 0, at most 5.
    overlap_rule
        The area that keeps a wider overlap: ``"lowest_code"``, ``"larger"`` or ``"smaller"``. ``None`` keeps overlaps.

    Returns
    -------
    MendedFrames
        The frames in EPSG:4326, and the changes. Unchanged polygons keep their coordinates, in WGS 84 degrees.

    Raises
    ------
    LayerError
        If the tolerance is out of range, a layer name is unknown, or a frame has no code column.
    DatumError
        If a datum is missing, or impossible for the coordinates.
    QueryError
        If the overlap rule or the rule for dedicated grids is unknown.

    Examples
    --------
    >>> import geogrid
    >>> import geopandas as gpd
    >>> import shapely
    >>> squares = [shapely.box(113, 40, 113.01, 40.01), shapely.box(113.010003, 40, 113.02, 40.01)]
    >>> grids = gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=squares, crs="EPSG:4326")
    >>> outline = gpd.GeoDataFrame({"code": ["d"]}, geometry=[shapely.box(113, 40, 113.02, 40.01)], crs="EPSG:4326")
    >>> mended = geogrid.mend_layers({"district": outline, "urban": grids})
    >>> mended.changes[["layer", "codes", "moved_m"]].values.tolist()
    [['urban', ('a',), 0.256]]
    >>> len(geogrid.check_layers(mended.frames))
    0
    """
    named = _name_layers(frames)
    layers = _layers_in_wgs84(named, code, datum)
    mended = mend.mend_layers(
        layers,
        tolerance_m=tolerance_m,
        overlaps=_parse_rule(overlap_rule),
        dedicated_in=_parse_nesting(dedicated_in),
    )
    return MendedFrames(
        {layer.value: _replace_shapes(frame, mended.layers[layer]) for layer, frame in named.items()},
        pd.DataFrame([_change_row(change) for change in mended.changes], columns=list(_CHANGE_COLUMNS)),
    )


def in_wgs84(
    frame: gpd.GeoDataFrame | gpd.GeoSeries, datum: str | None = None, subject: str = "The areas"
) -> gpd.GeoSeries:
    """Return the geometry of a frame in WGS 84 degrees; coordinates in EPSG:4326 and EPSG:4490 stay unchanged.

    Parameters
    ----------
    frame
        Any geometry.
    datum
        The datum of the frame; required without a CRS, and for GCJ-02 and BD-09.
    subject
        Name of the frame in messages.

    Raises
    ------
    DatumError
        If the datum is missing, or impossible for the coordinates.

    Examples
    --------
    >>> import geopandas as gpd
    >>> series = gpd.GeoSeries(gpd.points_from_xy([440200], [4439758]), crs="EPSG:4547")
    >>> in_wgs84(series).x.round(4).tolist()
    [113.2988]
    """
    shapes = np.asarray(frame.geometry.array, dtype=object)
    name = _datum_of(frame, datum, subject)
    if name not in {datums.WGS84, datums.CGCS2000}:
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(datums.to_wgs84(xy[:, 0], xy[:, 1], name)))
    return gpd.GeoSeries(shapes, index=frame.index, crs="EPSG:4326")


def _datum_of(frame: gpd.GeoDataFrame | gpd.GeoSeries, datum: str | None, subject: str) -> str:
    coordinates = shapely.get_coordinates(np.asarray(frame.geometry.array, dtype=object))
    finite = coordinates[np.isfinite(coordinates).all(axis=1)]
    remedy = 'Pass datum="gcj02" or another datum, or frame.set_crs("EPSG:...").'
    subject = f"The frame of {subject[0].lower()}{subject[1:]}"
    return resolve_datum(frame.crs, datum, finite, subject=subject, remedy=remedy).datum


def _name_layers(frames: LayerFrames) -> dict[Layer, gpd.GeoDataFrame]:
    if not isinstance(frames, Mapping):
        frames = {_DEFAULT_LAYER: frames}
    unknown = [name for name in frames if name not in set(Layer)]
    if unknown or not frames:
        raise LayerError(
            "The name of a layer is unknown." if unknown else "The mapping of layers is empty.",
            code="layer_unknown",
            field="frames",
            remedy=f"Name the layers {', '.join(Layer)}.",
        )
    return {Layer(name): frame for name, frame in frames.items()}


def _layers_in_wgs84(
    named: Mapping[Layer, gpd.GeoDataFrame], code: str | None, datum: str | None
) -> dict[Layer, gpd.GeoDataFrame]:
    """Return the layers in WGS 84, noded against each other in the datums in which they were drawn."""
    layers = {layer: _select_columns(frame, layer, code, datum) for layer, frame in named.items()}
    drawn_in = {layer: _datum_of(frame, datum, layer_label(layer.value)) for layer, frame in named.items()}
    return node_layers(layers, drawn_in).layers


def _select_columns(frame: gpd.GeoDataFrame, layer: Layer, code: str | None, datum: str | None) -> gpd.GeoDataFrame:
    """Return a frame with the columns that `check_layers` and `mend_layers` of `geogrid.layers` read."""
    _, codes = code_column(frame, code)
    texts = [None if pd.isna(value) else str(value) for value in codes]
    words = {name: frame[name].to_numpy(dtype=object) if name in frame.columns else None for name in _TEXT_COLUMNS}
    geometry = in_wgs84(frame, datum, layer_label(layer.value))
    return gpd.GeoDataFrame({"code": texts, **words}, geometry=geometry.array, index=range(len(frame)))


def _is_wanted(finding: Finding, named: Mapping[Layer, gpd.GeoDataFrame], *, checks_codes: bool) -> bool:
    if finding.code in _CODE_SCHEME:
        return checks_codes
    column = _COLUMN_OF.get(finding.code)
    return column is None or column in named[Layer(finding.layer)].columns


def _parse_rule(rule: OverlapRule | str | None) -> OverlapRule:
    if rule is None:
        return OverlapRule.REFUSE
    if rule not in set(OverlapRule):
        raise QueryError("The overlap rule is unknown.", field="overlap_rule", remedy=f"Use {', '.join(OverlapRule)}.")
    return OverlapRule(rule)


def _parse_nesting(rule: DedicatedNesting | str) -> DedicatedNesting:
    if rule not in set(DedicatedNesting):
        raise QueryError(
            "The rule for dedicated grids is unknown.",
            field="dedicated_in",
            remedy=f"Use {', '.join(DedicatedNesting)}.",
        )
    return DedicatedNesting(rule)


def _replace_shapes(frame: gpd.GeoDataFrame, mended: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = np.asarray(mended.geometry.array, dtype=object)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs="EPSG:4326", name=frame.geometry.name))


def _change_row(change: MendRecord) -> tuple[object, ...]:
    done = tuple(mending.value for mending in change.done)
    figures = (change.moved_m, change.gained_m2, change.lost_m2)
    return (change.layer.value, change.codes, done, *figures, change.message_en, change.message_zh)


def _series(shapes: Iterable[shapely.Geometry | None]) -> gpd.GeoSeries:
    listed = list(shapes)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return gpd.GeoSeries(array, crs="EPSG:4326")
