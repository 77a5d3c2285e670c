"""The command ``geogrid locate``: print the grids that contain a point."""

from __future__ import annotations

import sys

import click

from geogrid.cli.command_support import open_store, print_json, require_datum
from geogrid.model import LocateStatus, Point
from geogrid.services.active_locator import load_locator
from geogrid.store_settings import StoreSettings


# A negative longitude must not be parsed as an option.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@click.option(
    "--datum", metavar="NAME", help="wgs84, cgcs2000, gcj02 (AMap, Tencent, phones), bd09 (Baidu) or EPSG:NNNN."
)
@click.option(
    "--explain", is_flag=True, help="Explain the result: the rule, the nearest border, and the grid beyond it."
)
@click.option("--accuracy", "accuracy_m", type=float, metavar="METRES", help="With --explain: accuracy of the point.")
def locate(lon: float, lat: float, datum: str | None, accuracy_m: float | None, *, explain: bool) -> None:
    """Return the grids that contain a point, and the responsible grid. 定位一个点。

    LON is the longitude or easting, LAT the latitude or northing. The datum is required, here or in
    GEOGRID_DEFAULT_DATUM: phones in China use GCJ-02, which is 500 to 1,300 m off in China, often several grids.

    A point on a border belongs to the grid with the lowest code. A point outside the district within GEOGRID_SNAP_M
    metres of a grid (default 30) is assigned to that grid. Exit status 1 if the point is outside.

    \b
    geogrid locate LON LAT --datum wgs84
    geogrid locate LON LAT --datum gcj02 --explain --accuracy 25
    geogrid locate EASTING NORTHING --datum EPSG:32650
    """  # noqa: D301 - click keeps the line breaks after \b
    if accuracy_m is not None and not explain:
        raise click.UsageError("--accuracy requires --explain.")
    canonical = require_datum(datum)
    with open_store() as store:
        locator = load_locator(store, snap_m=StoreSettings.from_environment().snap_m, raster=False)
    point = Point(lon, lat)
    if explain:
        explained = locator.explain(point, canonical, accuracy_m=accuracy_m)
        membership = explained.membership
        print_json(explained)
    else:
        membership = locator.locate(point, canonical)
        print_json(membership)
    sys.exit(membership.status is LocateStatus.OUTSIDE)
