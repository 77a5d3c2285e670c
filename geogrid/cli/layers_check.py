"""The command ``geogrid layers check``: find topology errors, and mend them."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geogrid.cli.command_support import translate_write_errors
from geogrid.cli.layer_file_options import (
    base_option,
    dedicated_option,
    file_options,
    layer_datum_option,
    mend_options,
    parse_mending,
    read_complete_layers,
    title_option,
)
from geogrid.layers.mend import json_changes, mend_layers, text_changes
from geogrid.layers.mend.writer import check_output_folder, write_mended
from geogrid.layers.topology import geojson_report, has_errors, json_report, read_unchecked, text_report

if TYPE_CHECKING:
    from geogrid.layers.mend import MendOptions, MendRecord
    from geogrid.services.layer_import import CompleteLayers

_REPORTS = {"text": text_report, "json": json_report, "geojson": geojson_report}


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="DIRECTORY | LAYER=FILE...")
@click.option("--format", "style", type=click.Choice(list(_REPORTS)), default="text", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Output file; by default the terminal.")
@click.option(
    "--fix",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write mended layers to this new folder.",
)
@mend_options
@base_option
@title_option
@layer_datum_option
@dedicated_option
@file_options
def check(
    sources: tuple[str, ...],
    style: str,
    out: Path | None,
    fix: Path | None,
    tolerance: float | None,
    overlaps: str | None,
    base: int | None,
    **reading: Any,  # noqa: ANN401 - click's
) -> None:
    """Check the topology and codes of layer files. 检查图层拓扑。

    A DIRECTORY contains district.geojson, urban or rural.geojson, and those of streets, communities, villages and
    dedicated.geojson that the district has. LAYER=FILE is a
    single file, as for "geogrid layers import"; it is checked together with the other layers of the base generation.

    Findings are invalid rings, gaps, overlaps, slivers, duplicates, grids outside their community, and wrong codes,
    each with the codes, the size and a position. The files do not change. Layers with errors cannot be activated;
    warnings are permitted.

    With --fix, invalid rings, and gaps and overlaps narrower than the tolerance, are mended in copies of the files. The
    report lists each change with its size, then the remaining findings. 修补后的图层写入新文件夹。

    \b
    geogrid layers check data/boundaries
    geogrid layers check new-layers --format geojson --out findings.geojson
    geogrid layers check urban=网格.zip --datum cgcs2000
    geogrid layers check new-layers --fix mended --tolerance 0.3 --overlaps lowest-code

    Exit status 1 if there are errors; with --fix, if errors remain.
    """  # noqa: D301 - click keeps the line breaks after \b
    mend = parse_mending(tolerance, overlaps, fix=fix is not None)
    if fix is not None and style == "geojson":
        raise click.UsageError("With --fix the format is text or json. For geojson, check the new folder.")
    layers = read_complete_layers(sources, base, reading)
    for note in layers.notes:
        click.echo(note, err=True)
    changes = None
    if fix is not None and mend is not None:
        layers, changes = _mend(layers, fix, mend, Path(sources[0]))
    for note in layers.notes:
        click.echo(note, err=True)
    findings = layers.check()
    report = _REPORTS[style](findings)
    if changes is not None:
        report = _combine_reports(changes, report, style)
    if out is None:
        click.echo(report, nl=False)
    else:
        with translate_write_errors(out):
            out.write_text(report, encoding="utf-8", newline="\n")
    sys.exit(has_errors(findings))


def _mend(
    layers: CompleteLayers, out: Path, options: MendOptions, source: Path
) -> tuple[CompleteLayers, list[MendRecord]]:
    check_output_folder(out)
    if layers.themes:
        click.echo(f"Thematic layers are not mended or written 专题图层不修补: {', '.join(layers.themes)}", err=True)
    mended = mend_layers(
        layers.layers,
        tolerance_m=options.tolerance_m,
        overlaps=options.overlaps,
        dedicated_in=layers.dedicated_in,
    )
    with translate_write_errors(out):
        write_mended(mended.layers, out, source if source.is_dir() else None)
    # The check uses the written coordinates, which have seven decimals.
    return replace(layers, layers={**layers.layers, **read_unchecked(out, layers.scheme)}), mended.changes


def _combine_reports(changes: list[MendRecord], report: str, style: str) -> str:
    if style == "text":
        return f"{text_changes(changes)}\n{report}"
    both = {"mended": json.loads(json_changes(changes)), "left": json.loads(report)}
    return json.dumps(both, ensure_ascii=False, indent=1) + "\n"
