"""``geogrid layers check``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from geogrid.cli.common import writing
from geogrid.layers.topology import (
    check_layers,
    geojson_report,
    has_errors,
    json_report,
    read_unchecked,
    text_report,
)

_REPORTS = {"text": text_report, "json": json_report, "geojson": geojson_report}


@click.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--format", "style", type=click.Choice(list(_REPORTS)), default="text", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file to write to, not the terminal.")
def check(directory: Path, style: str, out: Path | None) -> None:
    """Say what is wrong with the layer files of a DIRECTORY. 检查图层拓扑。

    Reads district, streets, communities, villages, urban, rural and dedicated.geojson and names invalid rings, gaps,
    overlaps, slivers, doubles, grids out of their community, wrong codes: each with the codes, the area and a place.
    Nothing is changed. Errors stand in the way of putting the layers in force, warnings do not.

    \b
    geogrid layers check data/boundaries
    geogrid layers check new-layers --format geojson --out findings.geojson

    Exit status 1 if there are errors.
    """  # noqa: D301 - \b is click's mark for "as it stands"
    findings = check_layers(read_unchecked(directory))
    report = _REPORTS[style](findings)
    if out is None:
        click.echo(report, nl=False)
    else:
        with writing(out):
            out.write_text(report, encoding="utf-8", newline="\n")
    sys.exit(has_errors(findings))
