"""Assign points to polygons of GeoDataFrames, with an index that is built once."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geogrid.errors import LayerError, OverlapWarning
from geogrid.geo.datums import is_wgs84
from geogrid.layers.topology.checked_features import printable_code
from geogrid.locate import overlap_partition
from geogrid.locate.frame_points import read_points
from geogrid.locate.frame_polygons import layer_label, read_polygons
from geogrid.locate.raster_index import RasterIndex
from geogrid.locate.tree_index import LayerIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.locate.frame_points import CheckedPoints, PointFrame
    from geogrid.locate.frame_polygons import CheckedPolygons, OnInvalid, PolygonFrames

_SUBJECT: Final = "The polygons"
_MAX_NAMED_PAIRS: Final = 3


class FrameLocator:
    """Index of layers of polygons; create it with `geogrid.Locator.from_frames`.

    Parameters
    ----------
    polygons
        A frame of polygons, or frames by layer name.
    code
        The column of the codes. By default the column ``code``, or the index if a frame has no such column.
    datum
        The datum of the polygons; required for a frame without a CRS, and for GCJ-02 and BD-09, which have no CRS.
    on_invalid
        For polygons that are missing, empty or invalid: ``"raise"`` an error that names them, ``"skip"`` them, or
        ``"mend"`` self-intersecting rings and raise for ambiguous ones.
    stacklevel
        The `stacklevel` of warnings, see `warnings.warn`.

    Raises
    ------
    LayerError
        If codes are missing or occur twice, or polygons are unusable.
    DatumError
        If a datum is missing, or impossible for the coordinates.

    Warns
    -----
    OverlapWarning
        If polygons of one layer overlap.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> squares = [shapely.box(113, 40, 113.01, 40.01), shapely.box(113.01, 40, 113.02, 40.01)]
    >>> locator = FrameLocator(gpd.GeoDataFrame({"code": ["b", "a"]}, geometry=squares, crs="EPSG:4326"))
    >>> locator.assign(([113.005, 113.01, 114], [40.005, 40.005, 40]), datum="wgs84").tolist()
    ['b', 'a', None]
    """

    def __init__(
        self,
        polygons: PolygonFrames,
        *,
        code: str | None = None,
        datum: str | None = None,
        on_invalid: OnInvalid = "raise",
        stacklevel: int = 2,
    ) -> None:
        if isinstance(polygons, Mapping):
            named = {name: (frame, layer_label(name)) for name, frame in polygons.items()}
        else:
            named = {None: (polygons, _SUBJECT)}
        if not named:
            raise LayerError("The mapping of layers is empty.", code="layer_empty", remedy="Pass at least one frame.")
        self._layers: dict[str | None, CheckedPolygons] = {
            name: read_polygons(frame, code=code, datum=datum, on_invalid=on_invalid, subject=subject)
            for name, (frame, subject) in named.items()
        }
        # The last item, None, is the one that `NO_POLYGON` (-1) selects.
        self._tables = {name: np.array([*layer.codes, None], dtype=object) for name, layer in self._layers.items()}
        self._indexes = dict(self._build_indexes())
        for names, index in self._indexes.values():
            for layer, name in enumerate(names):
                _warn_of_overlaps(index, layer, self._layers[name], named[name][1], stacklevel + 1)

    def assign(self, points: PointFrame, *, datum: str | None = None) -> pd.Series | pd.DataFrame:
        """Return the code of the polygon that contains each point.

        A polygon contains the points of its interior and of its border. If several polygons of a layer contain a
        point, the lowest code is chosen, in the order of text or of integers.

        Parameters
        ----------
        points
            A GeoDataFrame or GeoSeries of points, or the arrays ``(x, y)``.
        datum
            The datum of the points; required for arrays, for a frame without a CRS, and for GCJ-02 and BD-09.

        Returns
        -------
        Series or DataFrame
            Codes on the index of the points, ``None`` outside, dtype object: for one frame of polygons a series with
            the name of the code column, for a mapping of frames a DataFrame with one column for each layer.

        Raises
        ------
        DatumError
            If the datum is missing, contradicts the CRS, or is impossible for the coordinates.
        RowsError
            If a geometry is not a point, or a coordinate is out of range.
        """
        return self._look_up(read_points(points, datum))

    def _look_up(self, points: CheckedPoints) -> pd.Series | pd.DataFrame:
        columns: dict[str | None, NDArray[np.object_]] = {}
        for datum, (names, index) in self._indexes.items():
            positions = _assign(index, points, datum)
            columns |= {name: self._tables[name][row] for name, row in zip(names, positions, strict=True)}
        if None in columns:
            return pd.Series(columns[None], points.index, dtype=object, name=self._layers[None].column, copy=False)
        series = {name: pd.Series(columns[name], points.index, dtype=object, copy=False) for name in self._layers}
        return pd.DataFrame(series, copy=False)

    def _build_indexes(self) -> dict[str, tuple[list[str | None], RasterIndex]]:
        """Return for each datum the names of the layers with polygons in this datum, and one index of these layers.

        The name of a single frame is None. Points are converted to each datum, so polygons keep theirs.
        """
        groups: dict[str, list[str | None]] = {}
        for name, layer in self._layers.items():
            groups.setdefault(layer.datum, []).append(name)
        return {
            datum: (names, RasterIndex([_layer_index(self._layers[name]) for name in names]))
            for datum, names in groups.items()
        }


def _assign(index: RasterIndex, points: CheckedPoints, datum: str) -> NDArray[np.int32]:
    """Return the positions of the points in polygons of a datum."""
    if not is_wgs84(datum):
        return index.assign(*points.in_datum(datum))
    found = index.look_up(points.x, points.y, datum=points.datum)
    points.check_converted(found.unconverted)
    return found.positions


def _layer_index(polygons: CheckedPolygons) -> LayerIndex:
    # The index sorts codes as text; zero-padded ranks keep the order of integers.
    return LayerIndex([f"{rank:09d}" for rank in range(len(polygons.codes))], list(polygons.shapes))


def _warn_of_overlaps(index: RasterIndex, layer: int, polygons: CheckedPolygons, subject: str, stacklevel: int) -> None:
    sheets = [field.sheet for raster in index.rasters for field in raster.fields if field.layer == layer]
    # A raster has several sheets if polygons overlap. Without a raster they have to be compared.
    if sheets and not any(sheets):
        return
    shapes = index.layers[layer].polygons
    pairs = (
        overlap_partition.find_overlaps(shapes)
        if sheets or not _is_partition(shapes)
        else np.zeros((0, 2), dtype=np.intp)
    )
    if pairs is None:
        overlaps = "very many polygons overlap"
    elif len(pairs):
        overlaps = (
            f"{len(pairs):,} overlap{'s' if len(pairs) > 1 else ''} of polygons ({_name_pairs(pairs, polygons.codes)})"
        )
    else:
        return
    message = f"{subject}: {overlaps}; a point in several polygons gets the lowest code."
    warnings.warn(message, OverlapWarning, stacklevel=stacklevel + 1)


def _name_pairs(pairs: NDArray[np.intp], codes: NDArray[np.object_]) -> str:
    named = [" and ".join(printable_code(str(code)) for code in codes[pair]) for pair in pairs[:_MAX_NAMED_PAIRS]]
    return "; ".join([*named, *(["…"] if len(pairs) > _MAX_NAMED_PAIRS else [])])


def _is_partition(shapes: NDArray[np.object_]) -> bool:
    sheets = overlap_partition.split_into_sheets(shapes)
    return sheets is not None and not sheets.any()
