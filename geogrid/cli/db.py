"""The commands ``geogrid db``: upgrade, check, back up, restore and move the database."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import load_settings, open_store, progress_bar
from geogrid.services import database_maintenance as service
from geogrid.store.database import Store

if TYPE_CHECKING:
    from tqdm import tqdm

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def db() -> None:
    """Check, back up, restore and move the database. 数据库维护。"""


@db.command()
def upgrade() -> None:
    """Upgrade the tables to this version of geogrid. Other commands do this automatically. 升级数据库。"""
    with closing(Store(load_settings().url)) as store:
        before = store.revision()
        store.upgrade()
        click.echo(f"{before or '-'} → {store.revision()}")


@db.command()
def check() -> None:
    """Check the integrity of the database, without changes. 检查数据库。

    Exit status 1 if faults were found.
    """
    with closing(Store(load_settings().url)) as store:
        report = service.check_database(store)
    click.echo(f"{report.kind}, revision 版本 {report.revision or '-'}")
    for name, count in sorted(report.rows.items()):
        click.echo(f"  {name:<14} {count:>12,}")
    for fault in report.faults:
        click.echo(f"{fault.code}: {fault.message}", err=True)
    click.echo(f"{len(report.faults)} faults 处问题" if report.faults else "no faults 完好")
    sys.exit(bool(report.faults))


@db.command()
@click.argument("file", type=_FILE)
def backup(file: Path) -> None:
    """Write a consistent backup to FILE; services can keep running. 备份。

    A PostgreSQL database is backed up with pg_dump. The file contains all data, including personal data and key hashes.
    """
    with closing(Store(load_settings().url)) as store:
        size = service.back_up(store, file)
    click.echo(f"{file}: {size:,} bytes 字节, checked 已校验")


@db.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Discard the current content of the database.")
@click.option("--commit", is_flag=True, help="Restore the backup. Without this option it is a dry run.")
def restore(file: Path, *, replace: bool, commit: bool) -> None:
    """Restore the backup FILE of the same kind of database in one transaction. 恢复。

    The file is checked first. Stop the services before, and start them afterwards.
    """
    with closing(Store(load_settings().url)) as store:
        revision = service.restore_database(store, file, replace=replace, commit=commit)
    click.echo(f"{file}: intact 完好, revision 版本 {revision}")
    click.echo("restored 已恢复" if commit else _DRY)


@db.command()
@click.argument("url")
@click.option("--commit", is_flag=True, help="Copy the database. Without this option it is a dry run.")
def move(url: str, *, commit: bool) -> None:
    """Copy the database to the empty database at URL in one transaction. 迁移数据库。

    Every table is copied and compared. Stop the services before; afterwards set GEOGRID_DATABASE_URL to URL and start
    them again. Other users can read the arguments of a command, so use ~/.pgpass or PGPASSWORD for the password.

    \b
    geogrid db move postgresql://geogrid@localhost/geogrid
    geogrid db move postgresql://geogrid@localhost/geogrid --commit
    """  # noqa: D301 - click keeps the line breaks after \b
    with open_store() as store, closing(Store(url)) as target, progress_bar(0, "rows 行") as bar:
        done = service.move_database(
            store,
            target,
            commit=commit,
            start=lambda rows: _set_total(bar, rows),
            advance=lambda rows: bar.update(rows) and None,
        )
    click.echo(f"{bar.total:,} rows 行")
    for name, content in sorted(done.items()):
        click.echo(f"  {name:<14} {content.rows:>12,}  {content.digest[:16]}")
    click.echo("copied and compared 已复制并核对" if commit else _DRY)


def _set_total(bar: tqdm, rows: int) -> None:
    bar.total = rows


_DRY = "Dry run: nothing was changed. Add --commit to apply it. 试运行，未写入。"
