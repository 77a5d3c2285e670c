"""``geogrid layers check``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.common import writing
from geogrid.layers.mend import (
    DEFAULT_TOLERANCE_M,
    MAX_TOLERANCE_M,
    OverlapRule,
    json_changes,
    mend_layers,
    text_changes,
)
from geogrid.layers.mend.folder import check_out, write_mended
from geogrid.layers.topology import (
    check_layers,
    geojson_report,
    has_errors,
    json_report,
    read_unchecked,
    text_report,
)

if TYPE_CHECKING:
    from geogrid.layers.mend import Change

_REPORTS = {"text": text_report, "json": json_report, "geojson": geojson_report}


@click.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--format", "style", type=click.Choice(list(_REPORTS)), default="text", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file to write to, not the terminal.")
@click.option(
    "--fix",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write mended layers to a new folder.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, MAX_TOLERANCE_M, min_open=True),
    metavar="METRES",
    help=f"With --fix: how far a border may move; {DEFAULT_TOLERANCE_M:g} by default, {MAX_TOLERANCE_M:g} at most.",
)
@click.option(
    "--overlaps",
    type=click.Choice([rule.replace("_", "-") for rule in OverlapRule]),
    help="With --fix: who keeps what overlaps by more; refuse by default.",
)
def check(
    directory: Path, style: str, out: Path | None, fix: Path | None, tolerance: float | None, overlaps: str | None
) -> None:
    """Say what is wrong with the layer files of a DIRECTORY. 检查图层拓扑。

    Reads district, streets, communities, villages, urban, rural and dedicated.geojson and names invalid rings, gaps,
    overlaps, slivers, doubles, grids out of their community, wrong codes: each with the codes, the area and a place.
    Nothing is changed. Errors stand in the way of putting the layers in force, warnings do not.

    With --fix, what can be mended safely is, in copies of the files: rings, and gaps and overlaps narrower than the
    tolerance. The report says what moved and by how much, then what is left. 修补后的图层写入新文件夹。

    \b
    geogrid layers check data/boundaries
    geogrid layers check new-layers --format geojson --out findings.geojson
    geogrid layers check new-layers --fix mended --tolerance 0.3 --overlaps lowest-code

    Exit status 1 if there are errors, with --fix if any are left.
    """  # noqa: D301 - \b is click's mark for "as it stands"
    if fix is None and (tolerance is not None or overlaps is not None):
        raise click.UsageError("--tolerance and --overlaps go with --fix.")
    if fix is not None and style == "geojson":
        raise click.UsageError("With --fix the format is text or json; check the new folder for geojson.")
    changes = None
    if fix is not None:
        rule = OverlapRule((overlaps or "refuse").replace("-", "_"))
        changes = _mend(directory, fix, DEFAULT_TOLERANCE_M if tolerance is None else tolerance, rule)
    findings = check_layers(read_unchecked(fix or directory))
    report = _REPORTS[style](findings)
    if changes is not None:
        report = _together(changes, report, style)
    if out is None:
        click.echo(report, nl=False)
    else:
        with writing(out):
            out.write_text(report, encoding="utf-8", newline="\n")
    sys.exit(has_errors(findings))


def _mend(directory: Path, out: Path, tolerance_m: float, rule: OverlapRule) -> list[Change]:
    check_out(out)
    mended = mend_layers(read_unchecked(directory), tolerance_m=tolerance_m, overlaps=rule)
    with writing(out):
        write_mended(mended.layers, out, directory)
    return mended.changes


def _together(changes: list[Change], report: str, style: str) -> str:
    if style == "text":
        return f"{text_changes(changes)}\n{report}"
    both = {"mended": json.loads(json_changes(changes)), "left": json.loads(report)}
    return json.dumps(both, ensure_ascii=False, indent=1) + "\n"
