"""The check and the mending of layers, on GeoDataFrames."""

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
from geogrid.layers.files.file_datum import settle
from geogrid.layers.mend import DEFAULT_TOLERANCE_M, OverlapRule
from geogrid.layers.topology.finding import FindingCode
from geogrid.locate.frame_codes import code_column
from geogrid.locate.frame_polygons import layer_label
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geogrid.layers.mend import MendRecord
    from geogrid.layers.topology.finding import Finding

    #: One frame, which is a layer of grids, or frames by the name of their layer.
    LayerFrames: TypeAlias = gpd.GeoDataFrame | Mapping[str, gpd.GeoDataFrame]

#: The layer that a frame is where nothing else is said.
_ONLY: Final = Layer.URBAN
_WORDS: Final = ("name", "parent", "kind")
#: Findings that ask for a column which a frame need not have.
_COLUMN_OF: Final = {
    FindingCode.NAME_MISSING: "name",
    FindingCode.PARENT_UNKNOWN: "parent",
    FindingCode.KIND_UNKNOWN: "kind",
}
#: Findings about the code scheme of geogrid's own demo.
_SCHEME: Final = frozenset({FindingCode.CODE_SCHEME, FindingCode.CODE_LENGTH, FindingCode.CODE_PARENT})
_FINDING_COLUMNS: Final = ("finding", "severity", "layer", "codes", "area_m2", "message_en", "message_zh")
_CHANGE_COLUMNS: Final = ("layer", "codes", "done", "moved_m", "gained_m2", "lost_m2", "message_en", "message_zh")


@dataclass(frozen=True, slots=True, eq=False)
class MendedFrames:
    """Mended layers, and the changes.

    Attributes
    ----------
    frames
        New frames by the names of their layers, in EPSG:4326, with the rows, columns and index of the given ones.
    changes
        A row for each overlap that was settled, then one for each polygon that changed: the columns ``layer``,
        ``codes`` (a tuple), ``done`` (a tuple), ``moved_m``, ``gained_m2``, ``lost_m2``, ``message_en`` and
        ``message_zh``; see `geogrid.layers.mend.MendRecord`.
    """

    frames: dict[str, gpd.GeoDataFrame]
    changes: pd.DataFrame


def check_layers(
    frames: LayerFrames, *, code: str | None = None, datum: str | None = None, code_scheme: bool = False
) -> gpd.GeoDataFrame:
    """Return what is wrong with a set of layers.

    Layers are named ``district``, ``street``, ``community``, ``village``, ``urban``, ``rural`` and ``dedicated``; those
    that are not given are not checked. Streets, communities with villages, and urban with rural grids each tile the
    district, so gaps and overlaps in them are findings.

    Parameters
    ----------
    frames
        Frames by the name of their layer, or one frame, which is checked as a layer of grids. The columns ``name``,
        ``parent`` (the code of the area above) and ``kind`` are checked where a frame has them.
    code
        The column with the codes. By default the column ``code``, or the index where a frame has no such column.
    datum
        The datum of the frames, where they name no CRS, or are in GCJ-02 or BD-09, which no CRS can name.
    code_scheme
        Whether codes have to follow the scheme of 6, 9, 12 and 15 digits.

    Returns
    -------
    GeoDataFrame
        A row a finding, errors first: ``finding``, ``severity``, ``layer``, ``codes`` (a tuple), ``area_m2``,
        ``message_en``, ``message_zh`` and the geometry of the gap, overlap or part in EPSG:4326. No row where nothing
        is wrong. See `geogrid.layers.topology.Finding`.

    Raises
    ------
    LayerError
        If a layer has another name, or a frame no column with codes.
    DatumError
        If a datum is missing, or cannot be that of the coordinates.

    Examples
    --------
    >>> import geogrid
    >>> import geopandas as gpd
    >>> from geogrid.resources import data_path
    >>> grids = gpd.read_file(data_path("boundaries", "urban.geojson"))
    >>> rural = gpd.read_file(data_path("boundaries", "rural.geojson"))
    >>> len(geogrid.check_layers({"urban": grids, "rural": rural}))
    0
    >>> found = geogrid.check_layers({"urban": grids.drop(index=0), "rural": rural})
    >>> found[["finding", "severity", "layer"]].values.tolist()
    [['gap', 'error', 'urban']]
    """
    given = _named(frames)
    layers = {layer: _standard(frame, layer, code, datum) for layer, frame in given.items()}
    findings = [found for found in topology.check_layers(layers) if _is_asked(found, given, code_scheme=code_scheme)]
    rows = [
        (
            found.code.value,
            found.severity.value,
            str(found.layer),
            found.codes,
            found.area_m2,
            found.message_en,
            found.message_zh,
        )
        for found in findings
    ]
    table = pd.DataFrame(rows, columns=list(_FINDING_COLUMNS))
    return gpd.GeoDataFrame(table, geometry=_series(found.geometry for found in findings))


def mend_layers(
    frames: LayerFrames,
    *,
    tolerance_m: float = DEFAULT_TOLERANCE_M,
    overlap_rule: OverlapRule | str | None = None,
    code: str | None = None,
    datum: str | None = None,
) -> MendedFrames:
    """Mend what can be mended safely in a set of layers, and return it with the changes.

    Rings that cross themselves are made valid where the meaning is clear. Gaps, overlaps and parts outside a parent
    that are nowhere wider than the tolerance go to the neighbour with most of the border. The outline of the district
    never moves. Borders that stand farther apart stay as they are; `check_layers` finds them.

    Parameters
    ----------
    frames, code, datum
        As for `check_layers`; nothing in the frames is changed. One frame is mended as the layer ``urban``.
    tolerance_m
        Width of a gap or overlap up to which it is closed, and distance by which a border may move, in metres; more
        than 0, at most 5.
    overlap_rule
        Which area keeps a wider overlap: ``"lowest_code"``, ``"larger"`` or ``"smaller"``. ``None`` leaves it.

    Returns
    -------
    MendedFrames
        The frames in EPSG:4326, and the changes. Polygons without a change keep their coordinates, as WGS 84 degrees.

    Raises
    ------
    LayerError
        If the tolerance is out of range, a layer has another name, or a frame no column with codes.
    DatumError
        If a datum is missing, or cannot be that of the coordinates.
    QueryError
        If there is no such rule.

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
    given = _named(frames)
    layers = {layer: _standard(frame, layer, code, datum) for layer, frame in given.items()}
    done = mend.mend_layers(layers, tolerance_m=tolerance_m, overlaps=_rule(overlap_rule))
    return MendedFrames(
        {layer.value: _with_shapes(frame, done.layers[layer]) for layer, frame in given.items()},
        pd.DataFrame([_change_row(change) for change in done.changes], columns=list(_CHANGE_COLUMNS)),
    )


def in_wgs84(
    frame: gpd.GeoDataFrame | gpd.GeoSeries, datum: str | None = None, subject: str = "The areas"
) -> gpd.GeoSeries:
    """Return the geometry of a frame in WGS 84 degrees; in EPSG:4326 and EPSG:4490 with the same coordinates.

    Parameters
    ----------
    frame
        Any geometry.
    datum
        Its datum, where the frame names no CRS, or is in GCJ-02 or BD-09.
    subject
        The frame as messages name it.

    Raises
    ------
    DatumError
        If the datum is missing, or cannot be that of the coordinates.

    Examples
    --------
    >>> import geopandas as gpd
    >>> series = gpd.GeoSeries(gpd.points_from_xy([440200], [4439758]), crs="EPSG:4547")
    >>> in_wgs84(series).x.round(4).tolist()
    [113.2988]
    """
    shapes = np.asarray(frame.geometry.array, dtype=object)
    coordinates = shapely.get_coordinates(shapes)
    finite = coordinates[np.isfinite(coordinates).all(axis=1)]
    remedy = 'Pass datum="gcj02" or another datum, or frame.set_crs("EPSG:...").'
    name = settle(
        frame.crs, datum, finite, subject=f"The frame of {subject[0].lower()}{subject[1:]}", remedy=remedy
    ).datum
    if name not in {datums.WGS84, datums.CGCS2000}:
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(datums.to_wgs84(xy[:, 0], xy[:, 1], name)))
    return gpd.GeoSeries(shapes, index=frame.index, crs="EPSG:4326")


def _named(frames: LayerFrames) -> dict[Layer, gpd.GeoDataFrame]:
    if not isinstance(frames, Mapping):
        frames = {_ONLY: frames}
    unknown = [name for name in frames if name not in set(Layer)]
    if unknown or not frames:
        raise LayerError(
            "A layer has a name that is not known." if unknown else "There is no layer.",
            code="layer_unknown",
            field="frames",
            remedy=f"Name the layers {', '.join(Layer)}.",
        )
    return {Layer(name): frame for name, frame in frames.items()}


def _standard(frame: gpd.GeoDataFrame, layer: Layer, code: str | None, datum: str | None) -> gpd.GeoDataFrame:
    """Return a frame with the columns that the check and the mending read."""
    _, codes = code_column(frame, code)
    texts = [None if pd.isna(value) else str(value) for value in codes]
    words = {name: frame[name].to_numpy(dtype=object) if name in frame.columns else None for name in _WORDS}
    geometry = in_wgs84(frame, datum, layer_label(layer.value))
    return gpd.GeoDataFrame({"code": texts, **words}, geometry=geometry.array, index=range(len(frame)))


def _is_asked(found: Finding, given: Mapping[Layer, gpd.GeoDataFrame], *, code_scheme: bool) -> bool:
    if found.code in _SCHEME:
        return code_scheme
    column = _COLUMN_OF.get(found.code)
    return column is None or column in given[Layer(found.layer)].columns


def _rule(rule: OverlapRule | str | None) -> OverlapRule:
    if rule is None:
        return OverlapRule.REFUSE
    if rule not in set(OverlapRule):
        raise QueryError("There is no such rule.", field="overlap_rule", remedy=f"Use {', '.join(OverlapRule)}.")
    return OverlapRule(rule)


def _with_shapes(frame: gpd.GeoDataFrame, mended: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
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
