"""Other libraries that join points with grids, for comparison.

Each rival is a context manager that takes a `Case`, prepares everything that does not depend on the points, and yields
a `Rival`. The points are arrays, so building geometries is measured, except where the name says that the points are
ready: many users have them in a frame already. Only PostGIS may prepare an indexed table of points, because its users
store points there.

Each rival returns all pairs of a point and a grid. Choosing the lowest code is not measured.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

#: libpq connection string of PostGIS; empty for the defaults of libpq.
POSTGIS_VARIABLE = "GEOGRID_BENCH_POSTGIS_URL"

_INSTALL = "not installed: pip install 'geogrid[bench]'"


class MissingError(Exception):
    """A rival is not installed; the message contains the reason."""


@dataclass(frozen=True)
class Case:
    """Points and grids to join.

    Attributes
    ----------
    polygons : ndarray of Polygon, shape (m,)
        The grids of all layers, one layer after the other.
    lon, lat : ndarray, shape (n,)
        The points, degrees.
    """

    polygons: NDArray[np.object_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    @cached_property
    def points(self) -> NDArray[np.object_]:
        """Return the points as geometries."""
        return shapely.points(self.lon, self.lat)


@dataclass(frozen=True, slots=True)
class Rival:
    """A call to measure, and the conversion of its result.

    Attributes
    ----------
    join
        The call to measure.
    pairs
        Converts the result of `join` to indexes of points and indexes of polygons.
    """

    join: Callable[[], Any]
    pairs: Callable[[Any], tuple[NDArray[np.intp], NDArray[np.intp]]]


def _sjoin(predicate: str, *, ready: bool = False) -> Callable[[Case], AbstractContextManager[Rival]]:
    @contextmanager
    def rival(case: Case) -> Iterator[Rival]:
        grids = gpd.GeoDataFrame(geometry=case.polygons, crs="EPSG:4326")
        grids.sindex  # noqa: B018 - builds the tree
        kept = gpd.GeoDataFrame(geometry=case.points, crs="EPSG:4326") if ready else None

        def join() -> gpd.GeoDataFrame:
            points = kept
            if points is None:
                points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(case.lon, case.lat, crs="EPSG:4326"))
            return gpd.sjoin(points, grids, predicate=predicate)

        yield Rival(join, lambda frame: (frame.index.to_numpy(), frame["index_right"].to_numpy()))

    return rival


@contextmanager
def _strtree(case: Case) -> Iterator[Rival]:
    shapely.prepare(case.polygons)
    tree = shapely.STRtree(case.polygons)
    yield Rival(lambda: tree.query(shapely.points(case.lon, case.lat), predicate="intersects"), tuple)


@contextmanager
def _prepared_strtree(case: Case) -> Iterator[Rival]:
    """Yield the fastest use of shapely that we know: boxes by the tree, then prepared polygons against coordinates."""
    polygons = case.polygons.copy()
    shapely.prepare(polygons)
    tree = shapely.STRtree(polygons)
    points = case.points

    def join() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        rows, found = tree.query(points)
        inside = shapely.intersects_xy(polygons[found], case.lon[rows], case.lat[rows])
        return rows[inside], found[inside]

    yield Rival(join, tuple)


@contextmanager
def _polars(case: Case) -> Iterator[Rival]:
    try:
        import polars as pl
        import polars_st as st
    except ImportError:
        raise MissingError(_INSTALL) from None
    wkb = pl.Series("geometry", shapely.to_wkb(case.polygons).tolist(), dtype=pl.Binary)
    grids = pl.DataFrame({"grid": np.arange(len(case.polygons))}).with_columns(st.from_wkb(wkb))

    def join() -> pl.DataFrame:
        points = pl.DataFrame({"point": np.arange(len(case.lon)), "at": np.stack([case.lon, case.lat], axis=1)})
        return points.select("point", geometry=st.point("at")).st.sjoin(grids, predicate="intersects")

    yield Rival(join, lambda frame: (frame["point"].to_numpy(), frame["grid"].to_numpy()))


@contextmanager
def _duckdb(case: Case) -> Iterator[Rival]:
    try:
        import duckdb
        import duckdb_extension_spatial
    except ImportError:
        raise MissingError(_INSTALL) from None
    # The extension comes from a Python package, not from a download.
    folder = Path(duckdb_extension_spatial.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    with duckdb.connect() as base:
        base.load_extension(str(folder / "spatial.duckdb_extension"))
        base.execute("SET threads = 1")
        base.register("polygons", _grid_table(case))
        base.execute("CREATE TABLE grids AS SELECT grid, ST_GeomFromWKB(wkb) AS shape FROM polygons")
        base.register("points", _point_table(case))
        yield Rival(
            lambda: base.execute(
                "SELECT point, grid FROM points JOIN grids ON ST_Intersects(shape, ST_Point(lon, lat))"
            ).fetchnumpy(),
            lambda columns: (columns["point"], columns["grid"]),
        )


@contextmanager
def _sedonadb(case: Case) -> Iterator[Rival]:
    try:
        import geoarrow.pyarrow  # noqa: F401 - sedonadb needs it for results
        import sedonadb
    except ImportError:
        raise MissingError(_INSTALL) from None
    base = sedonadb.connect()
    base.create_data_frame(_grid_table(case)).to_view("polygons")
    base.sql("SELECT grid, ST_GeomFromWKB(wkb) AS shape FROM polygons").to_memtable().to_view("grids")
    base.create_data_frame(_point_table(case)).to_view("points")
    yield Rival(
        lambda: base.sql(
            "SELECT point, grid FROM (SELECT point, ST_Point(lon, lat) AS at FROM points) AS p"
            " JOIN grids ON ST_Intersects(grids.shape, p.at)"
        ).to_arrow_table(),
        lambda table: (table["point"].to_numpy(), table["grid"].to_numpy()),
    )


def _grid_table(case: Case) -> Any:  # noqa: ANN401 - pyarrow has no types
    return pa.table({"grid": np.arange(len(case.polygons)), "wkb": shapely.to_wkb(case.polygons)})


def _point_table(case: Case) -> Any:  # noqa: ANN401 - pyarrow has no types
    return pa.table({"point": np.arange(len(case.lon)), "lon": case.lon, "lat": case.lat})


_TABLES = """
CREATE TEMPORARY TABLE grids (grid integer, shape geometry) ON COMMIT DROP;
CREATE TEMPORARY TABLE points (point integer, at geometry) ON COMMIT DROP
"""
_INDEXES = """
CREATE INDEX ON grids USING gist (shape);
CREATE INDEX ON points USING gist (at);
ANALYZE grids;
ANALYZE points
"""
_JOIN = """
DROP TABLE IF EXISTS pairs;
CREATE TEMPORARY TABLE pairs ON COMMIT DROP AS SELECT point, grid FROM points JOIN grids ON ST_Intersects(shape, at)
"""


@contextmanager
def _postgis(case: Case) -> Iterator[Rival]:
    """Yield the rival in a transaction that is rolled back."""
    try:
        import psycopg
    except ImportError:
        raise MissingError(_INSTALL) from None
    try:
        connection = psycopg.connect(os.environ.get(POSTGIS_VARIABLE, ""), connect_timeout=3)
    except psycopg.OperationalError:
        raise MissingError(f"not reachable: set {POSTGIS_VARIABLE} to a libpq connection string") from None
    with connection, connection.cursor() as cursor, connection.transaction(force_rollback=True):
        try:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        except psycopg.Error:
            raise MissingError("PostgreSQL is reached, but has no PostGIS") from None
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        cursor.execute(_TABLES)
        _copy(cursor, "grids (grid, shape)", shapely.to_wkb(case.polygons, hex=True))
        _copy(cursor, "points (point, at)", shapely.to_wkb(shapely.points(case.lon, case.lat), hex=True))
        cursor.execute(_INDEXES)

        def pairs(_: object) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
            rows = cursor.execute("SELECT point, grid FROM pairs").fetchall()
            points, grids = np.array(rows, dtype=np.intp).reshape(-1, 2).T
            return points, grids

        yield Rival(lambda: cursor.execute(_JOIN), pairs)


def _copy(cursor: Any, target: str, shapes: NDArray[Any]) -> None:  # noqa: ANN401 - psycopg may be missing
    with cursor.copy(f"COPY {target} FROM STDIN") as copy:
        copy.write("".join(f"{row}\t{shape}\n" for row, shape in enumerate(shapes.tolist())))


#: Rivals by name; the first is the reference.
RIVALS: dict[str, Callable[[Case], AbstractContextManager[Rival]]] = {
    "geopandas `sjoin(within)`": _sjoin("within"),
    "geopandas `sjoin(within)`, points ready": _sjoin("within", ready=True),
    "geopandas `sjoin(intersects)`": _sjoin("intersects"),
    "geopandas `sjoin(intersects)`, points ready": _sjoin("intersects", ready=True),
    "shapely `STRtree`, `intersects`": _strtree,
    "shapely `STRtree`, prepared polygons, points ready": _prepared_strtree,
    "polars-st `sjoin(intersects)`": _polars,
    "DuckDB spatial, `ST_Intersects`": _duckdb,
    "sedonadb, `ST_Intersects`": _sedonadb,
    "PostGIS, GiST, `ST_Intersects`": _postgis,
}
