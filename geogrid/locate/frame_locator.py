"""Layers of polygons from frames, indexed once and asked many times."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geogrid.errors import LayerError, OverlapWarning
from geogrid.layers.topology.areas import label_of
from geogrid.locate import overlap_partition
from geogrid.locate.frame_points import read_points
from geogrid.locate.frame_polygons import layer_label, read_polygons
from geogrid.locate.index import LayerIndex
from geogrid.locate.raster_index import RasterIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.locate.frame_points import PointFrame, Points
    from geogrid.locate.frame_polygons import OnInvalid, PolygonFrames, Polygons

_ONLY: Final = "The polygons"
_NAMED_PAIRS: Final = 3


class FrameLocator:
    """Layers of polygons, ready to assign points; made by `geogrid.Locator.from_frames`.

    Parameters
    ----------
    polygons
        A frame of polygons, or frames by the name of their layer.
    code
        The column with the codes. By default the column ``code``, or the index where a frame has no such column.
    datum
        The datum of the polygons, where a frame names no CRS, or is in GCJ-02 or BD-09, which no CRS can name.
    on_invalid
        For polygons that are missing, empty or not valid: ``"raise"`` an error that names them, ``"skip"`` them, or
        ``"mend"`` rings that cross themselves and raise for the polygons that cannot be mended without a guess.
    stacklevel
        How many calls above this one a warning points to.

    Raises
    ------
    LayerError
        If codes are missing or occur twice, or polygons cannot be used.
    DatumError
        If a datum is missing, or cannot be that of the coordinates.

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
            named = {None: (polygons, _ONLY)}
        if not named:
            raise LayerError("There is no layer of polygons.", code="layer_empty", remedy="Pass at least one frame.")
        self._layers: dict[str | None, Polygons] = {
            name: read_polygons(frame, code=code, datum=datum, on_invalid=on_invalid, subject=subject)
            for name, (frame, subject) in named.items()
        }
        # Missing codes stand at the end, which is where `NONE`, -1, points.
        self._tables = {name: np.array([*layer.codes, None], dtype=object) for name, layer in self._layers.items()}
        self._indexes = dict(self._built())
        for names, index in self._indexes.values():
            for number, name in enumerate(names):
                _warn_of_overlaps(index, number, self._layers[name], named[name][1], stacklevel + 1)

    def assign(self, points: PointFrame, *, datum: str | None = None) -> pd.Series | pd.DataFrame:
        """Return the code of the polygon that contains each point.

        A polygon contains the points of its interior and of its border. Where several polygons of a layer contain a
        point, the lowest code answers: text by its characters, whole numbers by their size.

        Parameters
        ----------
        points
            A GeoDataFrame or GeoSeries of points, or the arrays ``(x, y)``.
        datum
            The datum of the points: required for arrays and for a frame without a CRS, and for GCJ-02 and BD-09, which
            no CRS can name.

        Returns
        -------
        Series or DataFrame
            Codes on the index of the points, ``None`` outside, dtype object. A series named as the code column for one
            frame of polygons; a DataFrame with a column a layer for a mapping of frames.

        Raises
        ------
        DatumError
            If the datum is missing, contradicts the CRS, or cannot be that of the coordinates.
        RowsError
            If a row holds another geometry than a point, or a point that is not on the Earth.
        """
        return self._answer(read_points(points, datum))

    def _answer(self, points: Points) -> pd.Series | pd.DataFrame:
        columns: dict[str | None, NDArray[np.object_]] = {}
        for datum, (names, index) in self._indexes.items():
            positions = index.assign(*points.shifted(datum))
            columns |= {name: self._tables[name][row] for name, row in zip(names, positions, strict=True)}
        if None in columns:
            return pd.Series(columns[None], points.index, dtype=object, name=self._layers[None].column, copy=False)
        series = {name: pd.Series(columns[name], points.index, dtype=object, copy=False) for name in self._layers}
        return pd.DataFrame(series, copy=False)

    def _built(self) -> dict[str, tuple[list[str | None], RasterIndex]]:
        """Return an index for each datum, and the layers in it: polygons are asked in their own coordinates."""
        groups: dict[str, list[str | None]] = {}
        for name, layer in self._layers.items():
            groups.setdefault(layer.datum, []).append(name)
        return {
            datum: (names, RasterIndex([_layer_index(self._layers[name]) for name in names]))
            for datum, names in groups.items()
        }


def _layer_index(polygons: Polygons) -> LayerIndex:
    # The index sorts text: ranks of one width keep the order of the codes, whatever these are.
    return LayerIndex([f"{rank:09d}" for rank in range(len(polygons.codes))], list(polygons.shapes))


def _warn_of_overlaps(index: RasterIndex, number: int, polygons: Polygons, subject: str, stacklevel: int) -> None:
    dealt = [field.sheet for raster in index.rasters for field in raster.fields if field.layer == number]
    # The raster knows whether polygons overlap; without a raster they have to be compared.
    if dealt and not any(dealt):
        return
    shapes = index.layers[number].polygons
    pairs = (
        overlap_partition.overlaps(shapes) if dealt or not _is_partition(shapes) else np.zeros((0, 2), dtype=np.intp)
    )
    if pairs is None:
        told = "very many polygons overlap"
    elif len(pairs):
        told = f"{len(pairs):,} overlap{'s' if len(pairs) > 1 else ''} of polygons ({_pairs(pairs, polygons.codes)})"
    else:
        return
    message = f"{subject}: {told}; a point in several polygons gets the lowest code."
    warnings.warn(message, OverlapWarning, stacklevel=stacklevel + 1)


def _pairs(pairs: NDArray[np.intp], codes: NDArray[np.object_]) -> str:
    named = [" and ".join(label_of(str(code)) for code in codes[pair]) for pair in pairs[:_NAMED_PAIRS]]
    return "; ".join([*named, *(["…"] if len(pairs) > _NAMED_PAIRS else [])])


def _is_partition(shapes: NDArray[np.object_]) -> bool:
    dealt = overlap_partition.deal(shapes)
    return dealt is not None and not dealt.any()
