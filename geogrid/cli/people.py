"""The commands ``geogrid people``: import and list posts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import open_store, translate_write_errors
from geogrid.cli.table_import_options import TableChoice, print_rows, table_options
from geogrid.layers.files.error_context import in_file
from geogrid.model import CONSOLE
from geogrid.people.list_template import build_template
from geogrid.people.people_columns import PEOPLE_COLUMNS
from geogrid.people.validation import find_duty
from geogrid.services import people as service
from geogrid.services.import_mappings import ListKind
from geogrid.services.pagination import MAX_PAGE
from geogrid.services.rule_versions import load_active_rules
from geogrid.store.people import PostFilter
from geogrid.tabular.table_reader import TabularFormat, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from geogrid.model import Post
    from geogrid.services.people import PostImport

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def people() -> None:
    """Import and list the people of grids, lines and areas. 一格多员。"""


@people.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--layer", metavar="NAME", help="Layer of rows without one; by default determined by the code.")
@click.option(
    "--complete-from",
    type=_DAY,
    metavar="DAY",
    help="The list is complete for its areas from this day on: posts that it does not contain end the day before.",
)
@table_options(ListKind.PEOPLE)
@click.option("--commit", is_flag=True, help="Store the rows. Without this option it is a dry run.")
def import_file(
    file: Path, layer: str | None, complete_from: datetime | None, choice: TableChoice, *, commit: bool
) -> None:
    """Import a list of people from a CSV, XLSX or Parquet FILE; invalid rows are refused. 导入人员名单。

    \b
    Required columns: 网格编码 code, 职务 duty, 姓名 name, 生效日期 valid_from. Optional columns:
    图层 layer, 职务名称 title, 单位 organisation, 电话 phone, 截止日期 valid_to (last day, inclusive).
    Duties: those of the profile by name, alias or code; several in one cell are separated by 、.
    Area, duty, name and first day identify a post, so a list can be imported again; nothing is deleted.
    With --complete-from, other posts in the areas of the list end, and a refused row stops the import.

    Exit status 1 if rows were refused.
    """  # noqa: D301 - click keeps the line breaks after \b
    day = complete_from.date() if complete_from else None
    with open_store() as store:
        options = choice.read_options(store)
        with in_file(file.name):
            table = read_table(file.read_bytes(), TabularFormat.of_file(file), PEOPLE_COLUMNS, options)
            rows = list(table.rows)
        profile = load_active_rules(store).profile
        done = service.import_posts(store, rows, CONSOLE, profile, commit=commit, complete_from=day, layer=layer)
        if done.committed:
            choice.save(store)
    if table.unknown_columns:
        click.echo(f"ignored columns 未识别的列: {', '.join(map(str, table.unknown_columns))}", err=True)
    print_rows(file, done.refused, table.left_out)
    _print_import(done, commit=commit)
    sys.exit(bool(done.refused))


@people.command("list")
@click.option("--code", help="Code of the area or line.")
@click.option("--duty", metavar="NAME", help="Duty of the posts: a code or a name of the profile.")
@click.option("--on", "day", type=_DAY, metavar="DAY", help="Posts held on this day; by default today.")
def list_posts(code: str | None, duty: str | None, day: datetime | None) -> None:
    """List the current posts with unmasked names and phone numbers. 列出在岗人员。"""
    with open_store() as store:
        duty_code = find_duty(duty, load_active_rules(store).profile.duties) if duty else None
        post_filter = PostFilter(code=code, duty=duty_code, day=day.date() if day else service.local_today())
        after: int | None = 0
        while after is not None:
            page = service.list_posts(store, post_filter, after=after, limit=MAX_PAGE)
            for post in page.items:
                click.echo(_format_post(post))
            after = page.next


@people.command("template")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def write_template(out: Path) -> None:
    """Write an empty list of people to OUT, a .csv or .xlsx file. 生成空白名单。"""
    with in_file(out.name):
        content = build_template(TabularFormat.of_file(out))
    with translate_write_errors(out):
        out.write_bytes(content)


def _print_import(done: PostImport, *, commit: bool) -> None:
    for post in done.ended:
        click.echo(f"ended 离任 {_format_post(post)}")
    click.echo(f"rows 行数 {done.rows:,}")
    click.echo(f"added 新增 {done.added:,}, changed 变更 {done.changed:,}, unchanged 未变 {done.unchanged:,}")
    click.echo(f"ended 离任 {len(done.ended):,}")
    click.echo(f"refused 拒绝 {len(done.refused):,}")
    if commit and not done.committed:
        click.echo("Nothing was changed: correct the refused rows, since the list must be complete. 有拒绝行，未写入。")
    elif not commit:
        click.echo("Dry run: nothing was changed. Add --commit to store them. 试运行，未写入。")


def _format_post(post: Post) -> str:
    return "  ".join(_post_fields(post))


def _post_fields(post: Post) -> Iterator[str]:
    yield from (f"{post.layer:<10}", f"{post.code:<15}", f"{post.duty:<15}", post.name)
    yield from filter(None, (post.title, post.organisation, post.phone))
    yield f"{post.valid_from}..{post.valid_to or ''}"
