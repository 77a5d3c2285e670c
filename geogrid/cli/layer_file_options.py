"""Options of the commands that read layer files: datum, table, columns, base generation and mending."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geogrid.cli.command_support import open_store, resolve_datum
from geogrid.incidents.rule_set import load_rules
from geogrid.layers.codes import CodeScheme
from geogrid.layers.files import FieldMapping, read_mappings
from geogrid.layers.layer_source_reader import ReadingOptions, parse_source, read_directory, read_sources
from geogrid.layers.mend import DEFAULT_TOLERANCE_M, MAX_TOLERANCE_M, MendOptions, OverlapRule
from geogrid.model import Layer
from geogrid.services.layer_import import CompleteLayers, assemble_layers, complete_layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.layers.layer_source_reader import ImportedLayers

_OPTIONS = (
    click.option(
        "--datum", metavar="NAME", help="Datum, if a file does not state it: wgs84, cgcs2000, gcj02, bd09, EPSG:NNNN."
    ),
    click.option("--table", metavar="NAME", help="Table, if a GeoPackage has several."),
    click.option(
        "--mapping",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="TOML file with the names of the columns.",
    ),
    click.option("--code", metavar="COLUMN", help="Column of the code; usual names are recognized."),
    click.option("--name", metavar="COLUMN", help="Column of the name."),
    click.option("--parent", metavar="COLUMN", help="Column of the parent's code; by default derived from the code."),
    click.option("--kind", metavar="COLUMN", help="Column of the kind of dedicated grids."),
)


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for reading files to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def parse_mappings(mapping: Path | None, columns: dict[str, str | None]) -> dict[str, FieldMapping]:
    """Return the columns by layer; the empty name is for all other layers. Options precede the file."""
    given = {field: column for field, column in columns.items() if column}
    mappings = read_mappings(mapping) if mapping else {"": FieldMapping()}
    return {layer: replace(fields, **given) for layer, fields in mappings.items()}


_MEND = (
    click.option(
        "--tolerance",
        type=click.FloatRange(0, MAX_TOLERANCE_M, min_open=True),
        metavar="METRES",
        help=f"With --fix: maximum shift of a border; default {DEFAULT_TOLERANCE_M:g}, at most {MAX_TOLERANCE_M:g}.",
    ),
    click.option(
        "--overlaps",
        type=click.Choice([rule.replace("_", "-") for rule in OverlapRule]),
        help="With --fix: the area that keeps a larger overlap; by default refuse.",
    ),
)


def mend_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for mending layers to a command."""
    for option in reversed(_MEND):
        command = option(command)
    return command


def parse_mending(tolerance: float | None, overlaps: str | None, *, fix: bool) -> MendOptions | None:
    """Return the options for mending, or None without --fix."""
    if fix:
        rule = OverlapRule((overlaps or OverlapRule.REFUSE).replace("-", "_"))
        return MendOptions(DEFAULT_TOLERANCE_M if tolerance is None else tolerance, rule)
    if tolerance is not None or overlaps is not None:
        raise click.UsageError("--tolerance and --overlaps require --fix.")
    return None


base_option = click.option(
    "--base", type=int, metavar="ID", help="Id of the generation that supplies missing layers.  [default: active]"
)
title_option = click.option(
    "--title", "titles", multiple=True, metavar="LAYER=TITLE", help="Title of a thematic layer; can be repeated."
)


def read_source_arguments(sources: tuple[str, ...], reading: dict[str, Any], scheme: CodeScheme) -> ImportedLayers:
    """Return the layers of the folder or files of a command, read by `file_options` and `title_option`."""
    if len(sources) == 1 and Path(sources[0]).is_dir():
        return read_directory(Path(sources[0]), scheme)
    options = ReadingOptions(
        datum=resolve_datum(reading.pop("datum")),
        table=reading.pop("table"),
        titles=dict(_parse_title(text) for text in reading.pop("titles", ())),
        mappings=parse_mappings(reading.pop("mapping"), reading),
        scheme=scheme,
    )
    return read_sources([parse_source(text) for text in sources], options)


def _parse_title(text: str) -> tuple[str, str]:
    layer, mark, title = text.partition("=")
    if not mark or not title.strip():
        raise click.BadParameter("The form is LAYER=TITLE, such as lanes=街巷长制.", param_hint="--title")
    return layer, title.strip()


def read_complete_layers(sources: tuple[str, ...], base: int | None, reading: dict[str, Any]) -> CompleteLayers:
    """Return the layers of a command, completed from the base generation. A complete folder needs no database."""
    scheme = CodeScheme.of(load_rules().profile)
    imported = read_source_arguments(sources, reading, scheme)
    if imported.layers.keys() | imported.absent == set(Layer):
        return assemble_layers(None, {}, {}, imported, scheme)
    with open_store() as store:
        return complete_layers(store, imported, base=base, scheme=scheme)
