"""Targets of an assignment: layers to look up, and the columns with the resulting codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from geogrid.geo import datums
from geogrid.geo.coordinate_checks import find_faults
from geogrid.locate.bulk.refusal_codes import RefusalReason
from geogrid.locate.locator import STATUSES
from geogrid.locate.raster_index import RasterIndex
from geogrid.locate.tree_index import NO_POLYGON, LayerIndex
from geogrid.model import LocateStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from geogrid.geo.datums import Pair
    from geogrid.locate.bulk.point_columns import PointColumns
    from geogrid.locate.locator import Locator

    LookUp = Callable[[NDArray[np.float64], NDArray[np.float64], str], "Located"]

#: The values of the column ``status``; `GridAssignment.status` contains indexes into them.
STATUS_WORDS: Final = (*(status.value for status in STATUSES), "refused")
REFUSED_STATUS: Final = len(STATUSES)
#: The columns of a generation, by the values of ``--layers``.
GRID_COLUMNS: Final = {"base": "base_code", "dedicated": "dedicated_code"}
STATUS_COLUMN: Final = "status"
#: The column of a file of polygons.
CODE_COLUMN: Final = "code"
_INSIDE, _BORDER, _OUTSIDE = (
    np.int8(STATUSES.index(status)) for status in (LocateStatus.INSIDE, LocateStatus.BORDER, LocateStatus.OUTSIDE)
)


@dataclass(frozen=True, slots=True)
class Located:
    """Result of a look-up.

    Attributes
    ----------
    status : ndarray of int8, shape (n,)
        Indexes into `STATUS_WORDS`.
    positions : dict of ndarray of int32, shape (n,)
        By column, indexes into the codes of the column, or -1.
    unconverted : ndarray of int, shape (m,)
        Indexes of the points outside the domain of a projection.
    """

    status: NDArray[np.int8]
    positions: Mapping[str, NDArray[np.int32]]
    unconverted: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class GridAssignment:
    """The grids of the points of a table, in their order.

    Attributes
    ----------
    x, y : ndarray of float64, shape (n,)
        Coordinates in the datum; NaN for refused rows.
    datum
        Canonical name of the datum.
    status : ndarray of int8, shape (n,)
        Indexes into `STATUS_WORDS`.
    positions : dict of ndarray of int32, shape (n,)
        By column, indexes into `AssignmentTarget.codes`, or -1.
    reasons : ndarray of uint8, shape (n,)
        Reason of each refused row, see `RefusalReason`.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    datum: str
    status: NDArray[np.int8]
    positions: Mapping[str, NDArray[np.int32]]
    reasons: NDArray[np.uint8]

    def to_wgs84(self) -> Pair:
        """Return the points converted to WGS 84 degrees, NaN for refused rows."""
        return datums.to_wgs84(self.x, self.y, self.datum)


class AssignmentTarget:
    """Layers to look up, and the columns with their codes.

    Parameters
    ----------
    codes
        The codes by column.
    look_up
        Function from the coordinates of points and their datum to their grids. It must be picklable if the target is
        sent to other processes.
    name
        Name of the layers for users.
    """

    def __init__(self, codes: Mapping[str, Iterable[str]], look_up: LookUp, name: str) -> None:
        self.codes = {column: np.asarray(values, dtype=str) for column, values in codes.items()}
        self.name = name
        self._look_up = look_up
        self._texts = {column: pa.array(values.tolist(), pa.string()) for column, values in self.codes.items()}
        self._words = pa.array(STATUS_WORDS, pa.string())

    @property
    def fields(self) -> list[pa.Field]:
        """The added columns: dictionary-encoded text."""
        return [pa.field(name, pa.dictionary(pa.int32(), pa.string())) for name in (*self.codes, STATUS_COLUMN)]

    def assign(self, points: PointColumns, datum: str) -> GridAssignment:
        """Return the grids of points.

        Parameters
        ----------
        points
            The points of a table.
        datum
            Canonical name of their datum.
        """
        reasons = np.where(points.reasons, points.reasons, find_faults(points.lon, points.lat, datum))
        x, y = (_replace_with_nan(values, reasons != RefusalReason.NONE) for values in (points.lon, points.lat))
        located = self._look_up(x, y, datum)
        failed = located.unconverted[reasons[located.unconverted] == RefusalReason.NONE]
        reasons[failed] = RefusalReason.OUT_OF_RANGE
        refused = reasons != RefusalReason.NONE
        if len(failed):
            x, y = (_replace_with_nan(values, refused) for values in (x, y))
        located.status[refused] = REFUSED_STATUS
        return GridAssignment(x, y, datum, located.status, located.positions, reasons.astype(np.uint8))

    def columns(self, assignment: GridAssignment) -> list[pa.Array]:
        """Return the added columns, in the order of `fields`."""
        codes = [
            pa.DictionaryArray.from_arrays(pa.array(positions, mask=positions == NO_POLYGON), self._texts[column])
            for column, positions in ((column, assignment.positions[column]) for column in self.codes)
        ]
        return [*codes, pa.DictionaryArray.from_arrays(pa.array(assignment.status.astype(np.int32)), self._words)]


def _replace_with_nan(values: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(mask, np.nan, values) if mask.any() else values


@dataclass(frozen=True, slots=True)
class _GridLookUp:
    locator: Locator
    layers: Mapping[str, str]

    def __call__(self, x: NDArray[np.float64], y: NDArray[np.float64], datum: str) -> Located:
        found = self.locator.positions(x, y, datum=datum)
        by_layer = {"base": found.base, "dedicated": found.dedicated}
        positions = {column: by_layer[layer] for column, layer in self.layers.items()}
        return Located(found.status, positions, found.unconverted)


@dataclass(frozen=True, slots=True)
class _PolygonLookUp:
    index: RasterIndex

    def __call__(self, x: NDArray[np.float64], y: NDArray[np.float64], datum: str) -> Located:
        (polygons,) = self.index.layers
        found = self.index.look_up(x, y, datum=datum)
        positions = found.positions[0]
        status = np.where(positions == NO_POLYGON, _OUTSIDE, _INSIDE)
        near = found.near
        status[near[polygons.on_border(found.near_lon, found.near_lat, positions[near])]] = _BORDER
        return Located(status, {CODE_COLUMN: positions}, found.unconverted)


def grid_target(locator: Locator, layers: Iterable[str] = tuple(GRID_COLUMNS)) -> AssignmentTarget:
    """Return the target for a generation.

    Parameters
    ----------
    locator
        Locator of the generation.
    layers
        The layers ``base`` and ``dedicated`` whose codes are added. The status always refers to the base grids.

    Examples
    --------
    >>> from geogrid.layers.generation_file_reader import read_generation
    >>> from geogrid.locate.bulk.point_columns import PointColumns
    >>> from geogrid.locate.locator import Locator
    >>> from geogrid.model import Generation
    >>> from geogrid.reference_files import data_path
    >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
    >>> target = grid_target(locator, ["base"])
    >>> points = PointColumns(np.array([113.3058, 40.0]), np.array([40.0912, 113.3]), np.zeros(2))
    >>> assignment = target.assign(points, "gcj02")
    >>> [column.to_pylist() for column in target.columns(assignment)]
    [['140213051003008', None], ['inside', 'refused']]
    """
    chosen = {GRID_COLUMNS[layer]: layer for layer in GRID_COLUMNS if layer in set(layers)}
    codes = {"base": locator.base_codes, "dedicated": locator.dedicated_codes}

    name = f"generation 版本 {locator.generation.id}"
    return AssignmentTarget(
        {column: codes[layer] for column, layer in chosen.items()}, _GridLookUp(locator, chosen), name
    )


def polygon_target(polygons: LayerIndex, name: str) -> tuple[AssignmentTarget, bool]:
    """Return the target for a layer of polygons with the column ``code``, and whether polygons overlap.

    Examples
    --------
    >>> import shapely
    >>> target, overlap = polygon_target(LayerIndex(["a"], [shapely.box(0, 0, 1, 1)]), "squares")
    >>> target.name, overlap
    ('squares', False)
    """
    index = RasterIndex([polygons])

    sheets = [field.sheet for raster in index.rasters for field in raster.fields]
    return AssignmentTarget({CODE_COLUMN: polygons.codes}, _PolygonLookUp(index), name), sheets != [0]
