"""Options of the commands that read layer files: datum, table, columns, base generation and mending."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import make_url

from geogrid.cli.command_support import open_store, resolve_layer_datum
from geogrid.geo.datums import parse_datum
from geogrid.layers.codes import CodeScheme
from geogrid.layers.dedicated_nesting import read_nesting
from geogrid.layers.files import FieldMapping, read_mappings
from geogrid.layers.layer_source_reader import ReadingOptions, parse_source, read_directory, read_sources
from geogrid.layers.mend import DEFAULT_TOLERANCE_M, MAX_TOLERANCE_M, MendOptions, OverlapRule
from geogrid.model import DedicatedNesting, Layer
from geogrid.rules.profile import Profile
from geogrid.rules.rule_texts import read_starting
from geogrid.services.layer_import import CompleteLayers, assemble_layers, complete_layers
from geogrid.services.rule_versions import load_active_rules
from geogrid.store_settings import StoreSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.layers.layer_source_reader import ImportedLayers

_OPTIONS = (
    click.option(
        "--datum",
        metavar="NAME",
        help="Datum, if a file does not state it: wgs84, cgcs2000, gcj02, bd09, EPSG:NNNN, or a .prj file.",
    ),
    click.option("--table", metavar="NAME", help="Table, folder or file, if a file has several layers."),
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
layer_datum_option = click.option(
    "--layer-datum", "layer_datums", multiple=True, metavar="LAYER=NAME", help="Datum of one layer; can be repeated."
)
dedicated_option = click.option(
    "--dedicated-in",
    type=click.Choice([rule.replace("_", "-") for rule in DedicatedNesting]),
    help="Area in which dedicated grids must lie; by default that of the base generation, or community.",
)


def read_source_arguments(sources: tuple[str, ...], reading: dict[str, Any], scheme: CodeScheme) -> ImportedLayers:
    """Return the layers of the folder or files of a command, read by `file_options` and `title_option`."""
    dedicated_in = _parse_nesting(reading.pop("dedicated_in", None), reading["mapping"])
    titles = dict(_parse_title(text) for text in reading.pop("titles", ()))
    if len(sources) == 1 and Path(sources[0]).is_dir():
        return replace(read_directory(Path(sources[0]), scheme, titles), dedicated_in=dedicated_in)
    options = ReadingOptions(
        datum=resolve_layer_datum(reading.pop("datum")),
        table=reading.pop("table"),
        titles=titles,
        dedicated_in=dedicated_in,
        layer_datums=dict(_parse_layer_datum(text) for text in reading.pop("layer_datums", ())),
        mappings=parse_mappings(reading.pop("mapping"), reading),
        scheme=scheme,
    )
    return read_sources([parse_source(text) for text in sources], options)


def _parse_nesting(option: str | None, mapping: Path | None) -> DedicatedNesting | None:
    """Return the rule for dedicated grids of the option, otherwise of the mapping file, otherwise None."""
    if option:
        return DedicatedNesting(option.replace("-", "_"))
    return read_nesting(mapping) if mapping else None


def _parse_title(text: str) -> tuple[str, str]:
    layer, mark, title = text.partition("=")
    if not mark or not title.strip():
        raise click.BadParameter("The form is LAYER=TITLE, such as lanes=街巷长制.", param_hint="--title")
    return layer, title.strip()


def _parse_layer_datum(text: str) -> tuple[str, str]:
    layer, mark, datum = text.partition("=")
    if not mark:
        raise click.BadParameter("The form is LAYER=NAME, such as district=wgs84.", param_hint="--layer-datum")
    return layer, parse_datum(datum)


def read_code_scheme() -> CodeScheme:
    """Return the code scheme of the district of the settings; without a store, that of the shipped rules."""
    url = make_url(StoreSettings.from_environment().url)
    # Commands that only check files make no database.
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return CodeScheme.of(Profile.parse(read_starting()[Profile.file]))
    with open_store() as store:
        return CodeScheme.of(load_active_rules(store).profile)


def read_complete_layers(sources: tuple[str, ...], base: int | None, reading: dict[str, Any]) -> CompleteLayers:
    """Return the layers of a command, completed from the base generation. A complete folder needs no database."""
    scheme = read_code_scheme()
    imported = read_source_arguments(sources, reading, scheme)
    if imported.layers.keys() | imported.absent == set(Layer):
        return assemble_layers(None, {}, {}, imported, scheme)
    with open_store() as store:
        return complete_layers(store, imported, base=base, scheme=scheme)
