"""What points are asked for: the codes of some layers, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from geogrid.geo import datums
from geogrid.locate.bulk.refusal_codes import RefusalReason
from geogrid.locate.index import NO_POLYGON, LayerIndex
from geogrid.locate.locator import STATUSES
from geogrid.locate.raster_index import RasterIndex
from geogrid.model import LocateStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from geogrid.locate.bulk.point_columns import PointColumns
    from geogrid.locate.locator import Locator

    _Asked = tuple[NDArray[np.int8], Mapping[str, NDArray[np.int32]]]
    Ask = Callable[[NDArray[np.float64], NDArray[np.float64]], _Asked]

#: The words of the column ``status``; the numbers of `Answers.status` count from the first.
STATUS_WORDS: Final = (*(status.value for status in STATUSES), "refused")
REFUSED_STATUS: Final = len(STATUSES)
#: The columns that a generation of layers fills, by the names that ``--layers`` takes.
GRID_COLUMNS: Final = {"base": "base_code", "dedicated": "dedicated_code"}
STATUS_COLUMN: Final = "status"
#: The column that a file of polygons fills.
CODE_COLUMN: Final = "code"
_INSIDE, _BORDER, _OUTSIDE = (
    np.int8(STATUSES.index(status)) for status in (LocateStatus.INSIDE, LocateStatus.BORDER, LocateStatus.OUTSIDE)
)


@dataclass(frozen=True, slots=True)
class GridAssignment:
    """The answers for the points of a table, in their order.

    Attributes
    ----------
    lon, lat : ndarray of float64, shape (n,)
        WGS 84 degrees; NaN where the row is refused.
    status : ndarray of int8, shape (n,)
        As an index into `STATUS_WORDS`.
    positions : dict of ndarray of int32, shape (n,)
        By column, the position of each code in `Target.codes`, or -1.
    reasons : ndarray of uint8, shape (n,)
        Why rows are refused, as a `Reason`.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    status: NDArray[np.int8]
    positions: Mapping[str, NDArray[np.int32]]
    reasons: NDArray[np.uint8]


class AssignmentTarget:
    """Layers that can be asked, and the columns that hold their codes.

    Parameters
    ----------
    codes
        By column, the codes that its positions refer to.
    ask
        Takes WGS 84 degrees and returns the status of each point and, by column, its positions. One that can be
        pickled makes a target that can be sent to other processes.
    name
        What they are, for people.
    """

    def __init__(self, codes: Mapping[str, Iterable[str]], ask: Ask, name: str) -> None:
        self.codes = {column: np.asarray(values, dtype=str) for column, values in codes.items()}
        self.name = name
        self._ask = ask
        self._texts = {column: pa.array(values.tolist(), pa.string()) for column, values in self.codes.items()}
        self._words = pa.array(STATUS_WORDS, pa.string())

    @property
    def fields(self) -> list[pa.Field]:
        """The columns that are added: text, each code kept once."""
        return [pa.field(name, pa.dictionary(pa.int32(), pa.string())) for name in (*self.codes, STATUS_COLUMN)]

    def answer(self, points: PointColumns, datum: str) -> GridAssignment:
        """Assign points.

        Parameters
        ----------
        points
            As they stand in a table.
        datum
            Their datum, a canonical name.
        """
        reasons = np.where(points.reasons, points.reasons, datums.find_faults(points.lon, points.lat, datum))
        x, y = (_blank(values, reasons != RefusalReason.NONE) for values in (points.lon, points.lat))
        lon, lat = datums.to_wgs84(x, y, datum)
        lost = (reasons == RefusalReason.NONE) & ~(np.isfinite(lon) & np.isfinite(lat))
        reasons[lost] = RefusalReason.OUT_OF_RANGE
        refused = reasons != RefusalReason.NONE
        lon, lat = (_blank(values, refused) for values in (lon, lat))
        status, positions = self._ask(lon, lat)
        status[refused] = REFUSED_STATUS
        return GridAssignment(lon, lat, status, positions, reasons.astype(np.uint8))

    def columns(self, answers: GridAssignment) -> list[pa.Array]:
        """Return the columns that are added, in the order of `fields`."""
        codes = [
            pa.DictionaryArray.from_arrays(pa.array(positions, mask=positions == NO_POLYGON), self._texts[column])
            for column, positions in ((column, answers.positions[column]) for column in self.codes)
        ]
        return [*codes, pa.DictionaryArray.from_arrays(pa.array(answers.status.astype(np.int32)), self._words)]


def _blank(values: NDArray[np.float64], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(where, np.nan, values) if where.any() else values


@dataclass(frozen=True, slots=True)
class _AskGrids:
    locator: Locator
    chosen: Mapping[str, str]

    def __call__(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> _Asked:
        found = self.locator.positions(lon, lat)
        by_layer = {"base": found.base, "dedicated": found.dedicated}
        return found.status, {column: by_layer[layer] for column, layer in self.chosen.items()}


@dataclass(frozen=True, slots=True)
class _AskPolygons:
    index: RasterIndex

    def __call__(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> _Asked:
        (polygons,) = self.index.layers
        found = self.index.look_up(lon, lat)
        positions = found.positions[0]
        status = np.where(positions == NO_POLYGON, _OUTSIDE, _INSIDE)
        near = found.near
        status[near[polygons.on_border(lon[near], lat[near], positions[near])]] = _BORDER
        return status, {CODE_COLUMN: positions}


def grid_target(locator: Locator, layers: Iterable[str] = tuple(GRID_COLUMNS)) -> AssignmentTarget:
    """Return a generation of layers as a target.

    Parameters
    ----------
    locator
        The generation.
    layers
        Which of ``base`` and ``dedicated`` to add the codes of; `status` always tells of the base grids.

    Examples
    --------
    >>> from geogrid.layers.geojson_reader import read_generation
    >>> from geogrid.locate.bulk.point_columns import PointColumns
    >>> from geogrid.locate.locator import Locator
    >>> from geogrid.model import Generation
    >>> from geogrid.resources import data_path
    >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
    >>> target = grid_target(locator, ["base"])
    >>> points = PointColumns(np.array([113.3058, 40.0]), np.array([40.0912, 113.3]), np.zeros(2))
    >>> found = target.answer(points, "gcj02")
    >>> [column.to_pylist() for column in target.columns(found)]
    [['140213051003008', None], ['inside', 'refused']]
    """
    chosen = {GRID_COLUMNS[layer]: layer for layer in GRID_COLUMNS if layer in set(layers)}
    codes = {"base": locator.base_codes, "dedicated": locator.dedicated_codes}

    name = f"generation 版本 {locator.generation.id}"
    return AssignmentTarget(
        {column: codes[layer] for column, layer in chosen.items()}, _AskGrids(locator, chosen), name
    )


def polygon_target(polygons: LayerIndex, name: str) -> tuple[AssignmentTarget, bool]:
    """Return a layer of any polygons as a target with the one column ``code``, and whether polygons overlap.

    Examples
    --------
    >>> import shapely
    >>> target, overlap = polygon_target(LayerIndex(["a"], [shapely.box(0, 0, 1, 1)]), "squares")
    >>> target.name, overlap
    ('squares', False)
    """
    index = RasterIndex([polygons])

    sheets = [field.sheet for raster in index.rasters for field in raster.fields]
    return AssignmentTarget({CODE_COLUMN: polygons.codes}, _AskPolygons(index), name), sheets != [0]
