"""``geogrid people``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import open_store, translate_write_errors
from geogrid.errors import FileError
from geogrid.layers.files.error_context import in_file
from geogrid.model import CONSOLE, Duty
from geogrid.people.files import PeopleFormat, read_people_list
from geogrid.people.template import build_template
from geogrid.services import people as service
from geogrid.services.pages import MAX_PAGE
from geogrid.store.people import PostFilter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from geogrid.model import Post
    from geogrid.services.people import PostImport

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def people() -> None:
    """Take in and list the people of grids, lines and areas. 一格多员。"""


@people.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sheet", metavar="NAME", help="The sheet of a workbook; by default the first that is not hidden.")
@click.option("--layer", metavar="NAME", help="The layer of rows that name none; without it their code finds it.")
@click.option(
    "--complete-from",
    type=_DAY,
    metavar="DAY",
    help="Complete for each area it names, from this day on: who is in office and not named, ends the day before.",
)
@click.option("--commit", is_flag=True, help="Keep the rows. Without it nothing is changed: a dry run.")
def import_file(
    file: Path, sheet: str | None, layer: str | None, complete_from: datetime | None, *, commit: bool
) -> None:
    """Import a CSV or XLSX FILE; each bad row is refused by itself. 导入人员名单。

    \b
    Columns: 网格编码 code, 职务 duty, 姓名 name, 生效日期 valid_from, and if you have them
    图层 layer, 职务名称 title, 单位 organisation, 电话 phone, 截止日期 valid_to (the last day, which counts).
    Duties: 网格长, 网格员, 楼长, 常驻人员, 派驻人员, 网格党支部, 责任部门, 路长, 街长, 巷长, 片长.
    A post is known by its area, duty, name and first day, so a list can be imported again; nothing is deleted.
    A complete list with a refused row is not kept at all.

    Exit status 1 if rows were refused.
    """  # noqa: D301 - \b is click's mark for "as it stands"
    with in_file(file.name):
        found = read_people_list(file.read_bytes(), _format_of(file), sheet=sheet)
    day = complete_from.date() if complete_from else None
    with open_store() as store:
        done = service.import_posts(store, found.rows, CONSOLE, commit=commit, complete_from=day, layer=layer)
    if found.unknown_columns:
        click.echo(f"columns left alone 未识别的列: {', '.join(map(str, found.unknown_columns))}", err=True)
    _print_import(file, done, commit=commit)
    sys.exit(bool(done.refused))


@people.command("list")
@click.option("--code", help="Of this area or line.")
@click.option("--duty", type=click.Choice([duty.value for duty in Duty]), help="Of this duty.")
@click.option("--on", "day", type=_DAY, metavar="DAY", help="In office on this day; by default today.")
def list_posts(code: str | None, duty: str | None, day: datetime | None) -> None:
    """List who is in office, in full. 列出在岗人员。"""
    chosen = PostFilter(code=code, duty=Duty(duty) if duty else None, day=day.date() if day else service.today())
    with open_store() as store:
        after: int | None = 0
        while after is not None:
            page = service.list_posts(store, chosen, after=after, limit=MAX_PAGE)
            for post in page.items:
                click.echo(_line(post))
            after = page.next


@people.command("template")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def write_template(out: Path) -> None:
    """Write an empty list to fill in, OUT: a .csv or an .xlsx file. 生成空白名单。"""
    with in_file(out.name):
        content = build_template(_format_of(out))
    with translate_write_errors(out):
        out.write_bytes(content)


def _format_of(file: Path) -> PeopleFormat:
    try:
        return PeopleFormat(file.suffix.lower().removeprefix("."))
    except ValueError as error:
        raise FileError("The ending is not known.", code="format", remedy="Use .csv or .xlsx.") from error


def _print_import(file: Path, done: PostImport, *, commit: bool) -> None:
    for refusal in done.refused:
        click.echo(f"{file.name}:{refusal.row}: {refusal.field or '-'}: {refusal.reason} [{refusal.code}]", err=True)
    for post in done.ended:
        click.echo(f"ended 离任 {_line(post)}")
    click.echo(f"rows 行数 {done.rows:,}")
    click.echo(f"added 新增 {done.added:,}, changed 变更 {done.changed:,}, unchanged 未变 {done.unchanged:,}")
    click.echo(f"ended 离任 {len(done.ended):,}")
    click.echo(f"refused 拒绝 {len(done.refused):,}")
    if commit and not done.committed:
        click.echo("Nothing was changed: a complete list needs every row, mend the refused ones. 有拒绝行，未写入。")
    elif not commit:
        click.echo("Dry run: nothing was changed. Add --commit to keep them. 试运行，未写入。")


def _line(post: Post) -> str:
    return "  ".join(_words(post))


def _words(post: Post) -> Iterator[str]:
    yield from (f"{post.layer:<10}", f"{post.code:<15}", f"{post.duty:<15}", post.name)
    yield from filter(None, (post.title, post.organisation, post.phone))
    yield f"{post.valid_from}..{post.valid_to or ''}"
