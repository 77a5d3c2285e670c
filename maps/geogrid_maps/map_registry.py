"""Registry of the maps. Routes, table files, downloads and the commands of ``geogrid map`` come from its entries.

A new map needs an id in `geogrid_maps.map_query.MapKind`, its names in the catalogues of texts, and an entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from geogrid_maps import map_data_files
from geogrid_maps.area_map import AREA_MAPS
from geogrid_maps.area_print import print_areas
from geogrid_maps.compare_print import print_difference, print_sides
from geogrid_maps.comparison_map import draw_sides, gather_sides
from geogrid_maps.difference_map import draw_difference, gather_difference
from geogrid_maps.explorer_print import print_explorer
from geogrid_maps.grid_search_map import draw_explorer, gather_explorer
from geogrid_maps.heatmap import draw_heatmap, gather_heatmap
from geogrid_maps.heatmap_print import print_heatmap
from geogrid_maps.map_data import DifferenceData, SidesData
from geogrid_maps.map_query import MapKind, Show
from geogrid_maps.timeline_map import draw_timeline, gather_timeline
from geogrid_maps.timeline_print import print_timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid.stats.measures import Measure
    from geogrid_maps.map_data import MapFigures
    from geogrid_maps.map_page import Drawing
    from geogrid_maps.map_query import View
    from geogrid_maps.prints import Print, Printing

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class MapTables(Generic[D]):
    """Table files of a map.

    Attributes
    ----------
    gather
        Return the data of a view.
    csv, geojson
        Return the data as a file.
    csv_description, geojson_description
        Descriptions of the routes.
    by_area
        Whether the rows are areas, so that the counts depend on a complete restatement.
    """

    gather: Callable[[MapFigures, View], D]
    csv: Callable[[D], bytes]
    geojson: Callable[[D], bytes]
    csv_description: str
    geojson_description: str
    by_area: bool = False


@dataclass(frozen=True, slots=True)
class MapEntry(Generic[D]):
    """A map.

    Attributes
    ----------
    kind
        Id of the map, part of its URL and name of its command.
    description
        Description of the route.
    gather
        Return the data of a view.
    draw
        Return the data as an interactive map.
    print
        Return the data as a print.
    help
        Help text of the command.
    options
        Attributes of `View` that the command takes beside the filters.
    measures
        Measures to choose from, the default first.
    tables
        Table files; None if the API has the tables of this map below ``/v1/areas``.
    """

    kind: MapKind
    description: str
    gather: Callable[[MapFigures, View], D]
    draw: Callable[[D], Drawing]
    print: Callable[[D, Printing], Print]
    help: str
    options: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    tables: MapTables[Any] | None = None


def _gather_compare(figures: MapFigures, view: View) -> SidesData | DifferenceData:
    return gather_difference(figures, view) if view.show is Show.DIFFERENCE else gather_sides(figures, view)


def _draw_compare(data: SidesData | DifferenceData) -> Drawing:
    return draw_difference(data) if isinstance(data, DifferenceData) else draw_sides(data)


def _print_compare(data: SidesData | DifferenceData, printing: Printing) -> Print:
    return print_difference(data, printing) if isinstance(data, DifferenceData) else print_sides(data, printing)


def _area_entry(kind: MapKind, description: str, options: tuple[str, ...], help_text: str) -> MapEntry[Any]:
    area_map = AREA_MAPS[kind]
    return MapEntry(
        kind=kind,
        description=description,
        gather=area_map.gather,
        draw=area_map.draw,
        print=partial(print_areas, area_map),
        help=help_text,
        options=options,
        measures=area_map.measures,
    )


_ENTRIES: Final[tuple[MapEntry[Any], ...]] = (
    MapEntry(
        kind=MapKind.HEATMAP,
        description=(
            "Show the density of incidents over the three layers of grids.\n\n"
            "Points are merged into cells of 0.001°. Anonymous users see no cell with fewer than three incidents; with "
            "a key or a login the map counts the incidents within your bounds. With `as_of` it draws the generation "
            "active at that time, and counts all incidents by it."
        ),
        gather=gather_heatmap,
        draw=draw_heatmap,
        print=print_heatmap,
        help="""Write the heat map to OUT. 热力图。

        With --as-of or --generation it draws one generation and counts all incidents by it; run "geogrid reassign"
        first.

        \b
        geogrid map heatmap heat.html
        geogrid map heatmap bikes.html --from 2022-05-01 --to 2022-05-31 --category Z06 --lang en
        geogrid map heatmap vendors.html --category Z02 --weekday 5 --hours 18-22
        geogrid map heatmap wall.pdf --paper a3
        """,
        tables=MapTables(
            gather_heatmap,
            map_data_files.heatmap_csv,
            map_data_files.heatmap_geojson,
            "Return the heat cells as CSV: centre and count; for anonymous users none with fewer than three incidents.",
            "Return the heat cells as GeoJSON points with their counts, like the CSV.",
        ),
    ),
    MapEntry(
        kind=MapKind.TIMELINE,
        description=(
            "Show the heat map step by step: by month, week, day, day of the week or hour of the day.\n\n"
            "Anonymous users see no cell with fewer than three incidents in any step."
        ),
        gather=gather_timeline,
        draw=draw_timeline,
        print=print_timeline,
        help="""Write the timeline to OUT: an animation, or small maps on a print. 时序图。

        \b
        geogrid map timeline weeks.html --from 2022-01-01 --to 2022-06-30
        geogrid map timeline months.pdf --step month --paper a3
        geogrid map timeline clock.html --step hour --category Z02 --lang en
        """,
        options=("step",),
        tables=MapTables(
            gather_timeline,
            map_data_files.timeline_csv,
            map_data_files.timeline_geojson,
            "Return the number of incidents of each time step as CSV.",
            "Return the heat cells of all time steps as GeoJSON points, each with its step and count.",
        ),
    ),
    MapEntry(
        kind=MapKind.COMPARE,
        description=(
            "Show two periods side by side, or their difference. Without a period: the newest month and the one before."
        ),
        gather=_gather_compare,
        draw=_draw_compare,
        print=_print_compare,
        help="""Write two periods side by side, or their difference, to OUT. 两期对比。

        \b
        geogrid map compare june.html --from 2022-06-01 --to 2022-06-30
        geogrid map compare spring.html --from 2022-04-01 --to 2022-06-30 --from2 2022-01-01 --to2 2022-03-31
        geogrid map compare change.pdf --show difference --by community
        """,
        options=("other_first", "other_last", "other_as_of", "show", "by"),
        tables=MapTables(
            gather_difference,
            map_data_files.difference_csv,
            map_data_files.difference_geojson,
            "Return the counts, densities and change of areas between two periods as CSV.",
            "Return the change of areas between two periods as GeoJSON polygons, with both periods in its head.",
            by_area=True,
        ),
    ),
    MapEntry(
        kind=MapKind.EXPLORER,
        description="Show the layers, to search grids and see their details.",
        gather=gather_explorer,
        draw=draw_explorer,
        print=print_explorer,
        help="""Write the layers to OUT, as a page to search and click. 网格查询。

        \b
        geogrid map explorer grids.html
        geogrid map explorer street.pdf --street CODE --paper a3
        """,
        tables=MapTables(
            gather_explorer,
            map_data_files.explorer_csv,
            map_data_files.explorer_geojson,
            "Return the grids of a layer, street or community as CSV, with the number of incidents in each.",
            "Return the grids of a layer, street or community as GeoJSON polygons, with the number of incidents.",
            by_area=True,
        ),
    ),
    _area_entry(
        MapKind.DENSITY,
        "Colour grids, communities or streets by a measure of their incidents; see `GET /v1/areas/figures`.",
        ("measure", "by", "classes"),
        """Write a measure of each grid, community or street to OUT. 分区密度图。

        \b
        geogrid map density density.html --from 2022-01-01 --to 2022-06-30
        geogrid map density vendors.html --category Z02 --weekday 5 --hours 18-22 --by community --lang en
        """,
    ),
    _area_entry(
        MapKind.HOTSPOTS,
        "Colour the grids with significantly high or low values, with a list; see `GET /v1/areas/hotspots`.",
        ("measure",),
        """Write the grids with significantly high or low values to OUT. 冷热点图。

        \b
        geogrid map hotspots hot.html --from 2022-01-01 --to 2022-06-30
        """,
    ),
    _area_entry(
        MapKind.RATES,
        "Colour areas by rates, smoothed where an area has few incidents; see `GET /v1/areas/rates`.",
        ("measure", "by", "classes"),
        """Write smoothed rates by area to OUT. 分区指标图。

        \b
        geogrid map rates late.html --measure overdue_share --by street
        """,
    ),
)
MAPS: Final[Mapping[MapKind, MapEntry[Any]]] = {entry.kind: entry for entry in _ENTRIES}
