"""The command ``geogrid population``: import numbers of residents by area."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from geogrid.cli.command_support import open_store
from geogrid.cli.table_import_options import TableChoice, print_rows, table_options
from geogrid.layers.files.error_context import in_file
from geogrid.services.import_mappings import ListKind
from geogrid.services.population_import import import_population
from geogrid.tabular.table_reader import TabularFormat


@click.group()
def population() -> None:
    """Import population numbers. 人口。"""


@population.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@table_options(ListKind.POPULATION)
@click.option("--commit", is_flag=True, help="Store the rows. Without this option it is a dry run.")
def import_file(file: Path, choice: TableChoice, *, commit: bool) -> None:
    """Import the population by area from a CSV, XLSX or Parquet FILE; invalid rows are refused. 导入人口。

    \b
    Columns: 编码 code (of a grid, community, village or street), 人口 people, 来源 source (such as 七普 2020).
    A number replaces the earlier one of its area. Other areas do not change.

    Exit status 1 if rows were refused.
    """  # noqa: D301 - click keeps the line breaks after \b
    with open_store() as store:
        options = choice.read_options(store)
        with in_file(file.name):
            done = import_population(store, file.read_bytes(), TabularFormat.of_file(file), options, commit=commit)
        if commit:
            choice.save(store)
    print_rows(file, done.refused, done.left_out)
    click.echo(f"added 新增 {done.added:,}, changed 变更 {done.changed:,}, unchanged 未变 {done.unchanged:,}")
    click.echo(f"refused 拒绝 {len(done.refused):,}")
    if not done.committed:
        click.echo("Dry run: nothing was changed. Add --commit to store them. 试运行，未写入。")
    sys.exit(bool(done.refused))
