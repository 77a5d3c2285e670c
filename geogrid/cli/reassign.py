"""``geogrid reassign``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import load_settings, open_store, progress_bar
from geogrid.constants import MAX_ID
from geogrid.services import restatement

if TYPE_CHECKING:
    from tqdm import tqdm

    from geogrid.services.restatement import Restated


@click.command()
@click.option(
    "--generation",
    "number",
    type=click.IntRange(1, MAX_ID),
    required=True,
    help="The generation to restate by, even a draft; see: geogrid layers generations.",
)
@click.option("--commit", is_flag=True, help="Keep the restatement. Without it nothing is changed: a dry run.")
def reassign(number: int, *, commit: bool) -> None:
    """Restate incidents by the layers of another generation than that of their day. 按另一图层版本重新划分事件。

    Nothing is overwritten: each incident keeps the grids of its day, and its restatement lies beside them. Figures of
    one generation, such as "geogrid kpi --as-of", need it. It can be stopped and run again, and a service may run
    meanwhile; incidents that come in are taken by the next run.

    \b
    geogrid reassign --generation 2
    geogrid reassign --generation 2 --commit
    """  # noqa: D301 - \b is click's mark for "as it stands"
    with open_store() as store, progress_bar(0, "incidents 事件") as bar:
        done = restatement.reassign(
            store,
            number,
            commit=commit,
            snap_m=load_settings().snap_m,
            progress=lambda done, total: _show(bar, done, total),
        )
    _print(done)


def _show(bar: tqdm, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)


def _print(done: Restated) -> None:
    click.echo(f"generation 版本 {done.generation.id}: {done.generation.label}")
    click.echo(f"restated 重新划分 {done.restated:,}, already 已有 {done.already:,}")
    click.echo(f"change hands 换责任网格 {done.change_hands:,}, outside all grids 区外 {done.outside:,}")
    for street, number in sorted(done.by_street.items(), key=lambda found: (-found[1], found[0] or "")):
        click.echo(f"  {street or '-':<12} {number:>9,}")
    if not done.committed:
        click.echo("Dry run: nothing was changed. Add --commit to keep it. 试运行，未写入。")
