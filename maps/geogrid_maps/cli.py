"""``geogrid map``: one command for each map, and the map of topology findings."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from geogrid.cli.command_support import open_store
from geogrid.cli.layer_file_options import (
    base_option,
    dedicated_option,
    file_options,
    layer_datum_option,
    read_complete_layers,
    title_option,
)
from geogrid.constants import Language
from geogrid.layers.topology import has_errors
from geogrid.local_time import parse_timestamp
from geogrid.stats.animation_frames import TimeStep
from geogrid.stats.class_breaks import ClassMethod
from geogrid.stats.generation_areas import AreaLevel
from geogrid_maps.cli_options import DAY, view_options
from geogrid_maps.cli_output import write_page
from geogrid_maps.findings_map import findings_file
from geogrid_maps.map_query import Show
from geogrid_maps.map_registry import MAPS
from geogrid_maps.store_figures import StoreFigures
from geogrid_maps.ui_texts import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime
    from enum import StrEnum

    from geogrid_maps.cli_options import MapOptions
    from geogrid_maps.cli_output import MapOutput
    from geogrid_maps.map_registry import MapEntry

    Decorator = Callable[[Callable[..., None]], Callable[..., None]]


@click.group("map")
def map_group() -> None:
    """Write maps to files. 地图。

    OUT is one HTML file that opens from disk with no network, or by the ending .pdf or .png a print: landscape, with
    legend, scale bar and sources.
    """


def _choice(name: str, values: Iterable[StrEnum], default: StrEnum, help_text: str | None = None) -> Decorator:
    """Return an option for an enum attribute of `View`."""
    by_name = {value.value: value for value in values}
    return click.option(
        f"--{name}",
        type=click.Choice(list(by_name)),
        default=default.value,
        show_default=True,
        callback=lambda _context, _option, value: by_name[value],
        help=help_text,
    )


def _date(_context: click.Context, _option: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


def _timestamp(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    return parse_timestamp(value) if value else None


_OPTIONS: Final[dict[str, Decorator]] = {
    "step": _choice("step", TimeStep, TimeStep.WEEK, "Time step."),
    "by": _choice("by", AreaLevel, AreaLevel.GRID, "Level of the areas."),
    "classes": _choice("classes", METHODS, ClassMethod.QUANTILES, "Classification."),
    "show": _choice("show", Show, Show.SIDES),
    "other_first": click.option(
        "--from2",
        "other_first",
        type=DAY,
        callback=_date,
        help="First day of the other period; by default the preceding period.",
    ),
    "other_last": click.option("--to2", "other_last", type=DAY, callback=_date, help="Last day of the other period."),
    "other_as_of": click.option(
        "--as-of2",
        "other_as_of",
        metavar="MOMENT",
        callback=_timestamp,
        help="Use the generation active at this time for the other side.",
    ),
}


def _map_command(entry: MapEntry[Any]) -> click.Command:
    """Return the command that writes a map."""

    def write_map(target: MapOutput, sight: MapOptions, **options: Any) -> None:  # noqa: ANN401 - values of `View`
        view = replace(sight.view, **options)
        with open_store() as store:
            data = entry.gather(StoreFigures(store, sight), view)
        target.write(partial(entry.draw, data), partial(entry.print, data))

    command = view_options(write_map)
    for name in reversed(entry.options):
        option = _choice("measure", entry.measures, entry.measures[0]) if name == "measure" else _OPTIONS[name]
        command = option(command)
    return click.command(entry.kind.value, help=cleandoc(entry.help))(command)


for map_entry in MAPS.values():
    map_group.add_command(_map_command(map_entry))


@map_group.command()
@click.argument("sources", nargs=-1, required=True, metavar="DIRECTORY | LAYER=FILE...")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--lang", type=click.Choice([language.value for language in Language]), default="zh", show_default=True)
@base_option
@title_option
@layer_datum_option
@dedicated_option
@file_options
def findings(sources: tuple[str, ...], out: Path, lang: str, base: int | None, **reading: Any) -> None:  # noqa: ANN401 - click's
    """Check layer files and write a map of the findings to OUT. 拓扑检查地图。

    One HTML file that opens from disk with no network; "geogrid layers check" lists the checks.

    \b
    geogrid map findings new-layers findings.html
    geogrid map findings urban=网格.zip findings.html --datum cgcs2000

    Exit status 1 if there are errors.
    """  # noqa: D301 - \b keeps click from joining lines
    whole = read_complete_layers(sources, base, reading)
    found = whole.check()
    write_page(out, *findings_file(found, whole.layers, Language(lang)))
    sys.exit(has_errors(found))
