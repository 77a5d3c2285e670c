"""``geogrid db``."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import load_settings, open_store, progress_bar
from geogrid.services import database as service
from geogrid.store.database import Store

if TYPE_CHECKING:
    from tqdm import tqdm

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def db() -> None:
    """Check, back up, restore and move the database. 数据库维护。"""


@db.command()
def upgrade() -> None:
    """Bring the tables to this version's; every command does so first. 升级数据库。"""
    with closing(Store(load_settings().url)) as store:
        before = store.revision()
        store.upgrade()
        click.echo(f"{before or '-'} → {store.revision()}")


@db.command()
def check() -> None:
    """Look the database through; nothing is changed. 检查数据库。

    Exit status 1 if something is wrong.
    """
    with closing(Store(load_settings().url)) as store:
        report = service.check(store)
    click.echo(f"{report.kind}, revision 版本 {report.revision or '-'}")
    for name, number in sorted(report.rows.items()):
        click.echo(f"  {name:<14} {number:>12,}")
    for fault in report.faults:
        click.echo(f"{fault.code}: {fault.message}", err=True)
    click.echo(f"{len(report.faults)} faults 处问题" if report.faults else "sound 完好")
    sys.exit(bool(report.faults))


@db.command()
@click.argument("file", type=_FILE)
def backup(file: Path) -> None:
    """Write a backup to FILE, as of one moment; services may run meanwhile. 备份。

    PostgreSQL is backed up by pg_dump. The file holds everything, people and hashes of keys too.
    """
    with closing(Store(load_settings().url)) as store:
        size = service.back_up(store, file)
    click.echo(f"{file}: {size:,} bytes 字节, checked 已校验")


@db.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Give up what the database holds.")
@click.option("--commit", is_flag=True, help="Restore it. Without it nothing is changed: a dry run.")
def restore(file: Path, *, replace: bool, commit: bool) -> None:
    """Restore a backup FILE of the same kind of database, all or nothing. 恢复。

    The file is checked first. Stop the services before, and start them afterwards.
    """
    with closing(Store(load_settings().url)) as store:
        revision = service.restore(store, file, replace=replace, commit=commit)
    click.echo(f"{file}: whole 完好, revision 版本 {revision}")
    click.echo("restored 已恢复" if commit else _DRY)


@db.command()
@click.argument("url")
@click.option("--commit", is_flag=True, help="Copy it. Without it nothing is changed: a dry run.")
def move(url: str, *, commit: bool) -> None:
    """Copy the database into the empty one at URL, all or nothing. 迁移数据库。

    Every table is copied, and compared afterwards. Stop the services before; then set GEOGRID_DATABASE_URL to URL and
    start them again. Others can read a command's arguments, so leave the password to ~/.pgpass or PGPASSWORD.

    \b
    geogrid db move postgresql://geogrid@localhost/geogrid
    geogrid db move postgresql://geogrid@localhost/geogrid --commit
    """  # noqa: D301 - \b is click's mark for "as it stands"
    with open_store() as store, closing(Store(url)) as target, progress_bar(0, "rows 行") as bar:
        done = service.move(
            store,
            target,
            commit=commit,
            start=lambda rows: _show(bar, rows),
            advance=lambda rows: bar.update(rows) and None,
        )
    click.echo(f"{bar.total:,} rows 行")
    for name, content in sorted(done.items()):
        click.echo(f"  {name:<14} {content.rows:>12,}  {content.digest[:16]}")
    click.echo("copied and compared 已复制并核对" if commit else _DRY)


def _show(bar: tqdm, rows: int) -> None:
    bar.total = rows


_DRY = "Dry run: nothing was changed. Add --commit to do it. 试运行，未写入。"
