"""The command ``geogrid reassign``: restate incidents by another generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import load_settings, open_store, progress_bar
from geogrid.constants import MAX_ID
from geogrid.services import restatement

if TYPE_CHECKING:
    from tqdm import tqdm

    from geogrid.services.restatement import RestatementResult


@click.command()
@click.option(
    "--generation",
    "generation_id",
    metavar="ID",
    type=click.IntRange(1, MAX_ID),
    required=True,
    help="Id of the generation, which can be a draft; see: geogrid layers generations.",
)
@click.option("--commit", is_flag=True, help="Store the restatement. Without this option it is a dry run.")
def reassign(generation_id: int, *, commit: bool) -> None:
    """Restate all incidents by another generation than that of their day. 按另一图层版本重新划分事件。

    Each incident keeps the grids of its day; the restatement is stored beside them. Figures by one generation, such as
    "geogrid kpi --as-of", require it. The command can be interrupted and repeated, and services can keep running; the
    next run includes new incidents.

    \b
    geogrid reassign --generation 2
    geogrid reassign --generation 2 --commit
    """  # noqa: D301 - click keeps the line breaks after \b
    with open_store() as store, progress_bar(0, "incidents 事件") as bar:
        done = restatement.restate_incidents(
            store,
            generation_id,
            commit=commit,
            snap_m=load_settings().snap_m,
            progress=lambda done, total: _update_bar(bar, done, total),
        )
    _print_restatement(done)


def _update_bar(bar: tqdm, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)


def _print_restatement(done: RestatementResult) -> None:
    click.echo(f"generation 版本 {done.generation.id}: {done.generation.label}")
    click.echo(f"restated 重新划分 {done.restated:,}, already 已有 {done.already:,}")
    click.echo(f"responsible grid changes 换责任网格 {done.change_hands:,}, outside all grids 区外 {done.outside:,}")
    for street, count in sorted(done.by_street.items(), key=lambda item: (-item[1], item[0] or "")):
        click.echo(f"  {street or '-':<12} {count:>9,}")
    if not done.committed:
        click.echo("Dry run: nothing was changed. Add --commit to store it. 试运行，未写入。")
