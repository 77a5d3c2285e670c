"""The options of commands that read a GIS office's files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geogrid.cli.command_support import open_store, resolve_datum
from geogrid.layers.files import FieldMapping, read_mappings
from geogrid.layers.import_sources import ReadingOptions, parse_source, read_directory, read_sources
from geogrid.layers.mend import DEFAULT_TOLERANCE_M, MAX_TOLERANCE_M, MendOptions, OverlapRule
from geogrid.model import Layer
from geogrid.services.layer_import import CompleteLayers, complete_layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.layers.import_sources import ImportedLayers

_OPTIONS = (
    click.option("--datum", metavar="NAME", help="Where a file does not say: wgs84, cgcs2000, gcj02, bd09, EPSG:NNNN."),
    click.option("--table", metavar="NAME", help="The table of a GeoPackage that has several."),
    click.option(
        "--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A TOML file of columns."
    ),
    click.option("--code", metavar="COLUMN", help="The column with the code; the usual names are known."),
    click.option("--name", metavar="COLUMN", help="The column with the name."),
    click.option(
        "--parent", metavar="COLUMN", help="The column with the code one level up; by default what the code says."
    ),
    click.option("--kind", metavar="COLUMN", help="Of dedicated grids: the column with their kind."),
)


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how files are read."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def parse_mappings(mapping: Path | None, columns: dict[str, str | None]) -> dict[str, FieldMapping]:
    """Return the columns by layer, those under the empty name for all others: options before the file."""
    said = {field: column for field, column in columns.items() if column}
    known = read_mappings(mapping) if mapping else {"": FieldMapping()}
    return {layer: replace(found, **said) for layer, found in known.items()}


_MEND = (
    click.option(
        "--tolerance",
        type=click.FloatRange(0, MAX_TOLERANCE_M, min_open=True),
        metavar="METRES",
        help=f"With --fix: how far a border may move; {DEFAULT_TOLERANCE_M:g} by default, {MAX_TOLERANCE_M:g} at most.",
    ),
    click.option(
        "--overlaps",
        type=click.Choice([rule.replace("_", "-") for rule in OverlapRule]),
        help="With --fix: who keeps what overlaps by more; refuse by default.",
    ),
)


def mend_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how layers are mended."""
    for option in reversed(_MEND):
        command = option(command)
    return command


def parse_mending(tolerance: float | None, overlaps: str | None, *, fix: bool) -> MendOptions | None:
    """Return how layers are to be mended, or None where they are not."""
    if fix:
        rule = OverlapRule((overlaps or OverlapRule.REFUSE).replace("-", "_"))
        return MendOptions(DEFAULT_TOLERANCE_M if tolerance is None else tolerance, rule)
    if tolerance is not None or overlaps is not None:
        raise click.UsageError("--tolerance and --overlaps go with --fix.")
    return None


base_option = click.option(
    "--base", type=int, metavar="NUMBER", help="The generation that lends what is not brought.  [in force]"
)
title_option = click.option(
    "--title", "titles", multiple=True, metavar="LAYER=TITLE", help="The title of a thematic layer."
)


def read_source_arguments(sources: tuple[str, ...], reading: dict[str, Any]) -> ImportedLayers:
    """Read the folder or the files that a command names, by the options of `file_options` and `title_option`."""
    if len(sources) == 1 and Path(sources[0]).is_dir():
        return read_directory(Path(sources[0]))
    options = ReadingOptions(
        datum=resolve_datum(reading.pop("datum")),
        table=reading.pop("table"),
        titles=dict(_title(text) for text in reading.pop("titles", ())),
        mappings=parse_mappings(reading.pop("mapping"), reading),
    )
    return read_sources([parse_source(text) for text in sources], options)


def _title(text: str) -> tuple[str, str]:
    layer, mark, title = text.partition("=")
    if not mark or not title.strip():
        raise click.BadParameter("Write LAYER=TITLE, such as lanes=街巷长制.", param_hint="--title")
    return layer, title.strip()


def read_complete_layers(sources: tuple[str, ...], base: int | None, reading: dict[str, Any]) -> CompleteLayers:
    """Return the layers that a command names with those of the base; a folder has all, and needs no database."""
    brought = read_source_arguments(sources, reading)
    if set(brought.layers) == set(Layer):
        return CompleteLayers(None, brought.layers, brought.themes, [*brought.layers, *brought.themes])
    with open_store() as store:
        return complete_layers(store, brought, base=base)
