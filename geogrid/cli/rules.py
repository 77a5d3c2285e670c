"""The commands ``geogrid rules``: check, compare, import, export, replay and activate the rules of the district."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import open_store, translate_write_errors
from geogrid.errors import FileError
from geogrid.incidents.rule_set import parse_rules
from geogrid.local_time import local_zone, parse_timestamp
from geogrid.model import CONSOLE
from geogrid.rules.rule_texts import RULE_FILES, read_rule_files
from geogrid.services import rule_versions as service
from geogrid.services.rule_replay import replay_rules

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.services.rule_replay import Destination, RuleReplay
    from geogrid.store.database import Store

_PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
_VERSION = click.argument("version", type=click.IntRange(min=1))
_DAY = click.DateTime(["%Y-%m-%d"])
_DRY = "Dry run: nothing was changed. Add --commit to apply it. 试运行，未写入。"


@click.group()
def rules() -> None:
    """Check, compare, import, export and activate the rules. 规则。

    The rules are one profile.toml and ten JSON files, kept in the database, each version whole. FILES are such files or
    folders of them; files that are not given are those of the active version.
    """


@rules.command()
@_PATHS
def check(paths: tuple[Path, ...]) -> None:
    """Check the rules in FILES, and list every fault with its file and line. 检查规则。

    Exit status 1 if there are faults.
    """
    with open_store() as store:
        faults = service.check_rule_texts(store, service.complete_texts(store, read_rule_files(paths)))
    for fault in faults:
        click.echo(str(fault))
    click.echo(f"{len(faults)} faults 处问题" if faults else "no faults 无问题")
    sys.exit(bool(faults))


@rules.command()
@click.argument("old", type=click.IntRange(min=1), required=False)
@click.argument("new", type=click.IntRange(min=1), required=False)
@click.option("--with", "paths", multiple=True, type=click.Path(exists=True, path_type=Path), help="Files or folders.")
def diff(old: int | None, new: int | None, paths: tuple[Path, ...]) -> None:
    """Show the differences between version OLD and version NEW, or FILES. 比较规则。

    OLD is by default the active version. Exit status 1 if they differ.

    \b
    geogrid rules diff 1 2
    geogrid rules diff --with my-rules/
    """  # noqa: D301 - click keeps the line breaks after \b
    with open_store() as store:
        before = service.read_rule_texts(store, old)
        after = service.complete_texts(store, read_rule_files(paths)) if paths else service.read_rule_texts(store, new)
    lines = [line for file in RULE_FILES for line in _diff_file(file, before[file], after[file])]
    for line in lines:
        click.echo(line)
    sys.exit(bool(lines))


@rules.command("import")
@_PATHS
@click.option("--commit", is_flag=True, help="Store the version. Without this option it is a dry run.")
def import_version(paths: tuple[Path, ...], *, commit: bool) -> None:
    """Import the rules in FILES as a new version, which is not active yet. 导入规则。"""
    with open_store() as store:
        texts = service.complete_texts(store, read_rule_files(paths))
        if not commit:
            service.parse_checked_rules(store, texts)
            click.echo(f"no faults 无问题\n{_DRY}")
            return
        version = service.import_rules(store, CONSOLE, texts)
    click.echo(f"version 版本 {version.id}: {version.title}  {version.sha256[:12]}")
    click.echo(f"Activate it: geogrid rules activate {version.id} --commit")


@rules.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--version", "version_id", type=click.IntRange(min=1), help="By default the active version.")
def export(folder: Path, version_id: int | None) -> None:
    """Write the rules to FOLDER, one file each, for editing. 导出规则。"""
    with open_store() as store:
        texts = service.read_rule_texts(store, version_id)
    with translate_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if existing := [file for file in RULE_FILES if (folder / file).exists()]:
            raise FileError(
                f"The folder has a file {existing[0]} already.",
                code="file_exists",
                field="folder",
                remedy="Name a new folder: nothing is overwritten.",
            )
        for file, text in texts.items():
            (folder / file).write_text(text, encoding="utf-8")
    click.echo(f"{folder}: {len(texts)} files 个文件")


@rules.command()
@_VERSION
@click.option("--from", "first", type=_DAY, help="First day; by default the previous month is replayed.")
@click.option("--to", "last", type=_DAY, help="Last day, inclusive.")
def replay(version: int, first: datetime | None, last: datetime | None) -> None:
    """Route the incidents of a period by VERSION, and compare with the active rules. 回放。

    Nothing is stored. Exit status 1 if the routing of any incident differs.
    """
    with open_store() as store:
        found = _replay(store, version, first, last)
    _print_replay(found)
    sys.exit(bool(found.elsewhere))


@rules.command()
@_VERSION
@click.option(
    "--from", "active_from", metavar="MOMENT", help="Time of the activation, such as 2026-12-01T06:00; by default now."
)
@click.option("--commit", is_flag=True, help="Activate the version. Without this option last month is replayed.")
def activate(version: int, active_from: str | None, *, commit: bool) -> None:
    """Activate VERSION, now or at a later time. 启用规则。

    Running services use it within a second. Earlier reports keep their routing and their due times.
    """
    with open_store() as store:
        moment = parse_timestamp(active_from) if active_from else None
        if commit:
            done = service.activate_rules(store, CONSOLE, version, moment)
            click.echo(f"version 版本 {done.version}: active from 自 {_format_time(done.active_from)}")
            return
        service.parse_checked_rules(store, service.read_rule_texts(store, version))
        _print_replay(_replay(store, version, None, None))
    click.echo(_DRY)


@rules.command()
@click.argument("activation", type=click.IntRange(min=1))
def cancel(activation: int) -> None:
    """Cancel the planned ACTIVATION, an id of `geogrid rules history`. 撤销计划的启用。"""
    with open_store() as store:
        service.cancel_activation(store, CONSOLE, activation)
    click.echo(f"activation 启用 {activation}: cancelled 已撤销")


@rules.command()
def history() -> None:
    """List the versions of the rules and their activations. 规则沿革。"""
    with open_store() as store:
        found = service.list_rule_history(store)
    if found.active is None:
        click.echo("The rules shipped with geogrid are active. 现用随附规则。")
    for known in found.versions:
        mark = "*" if known.id == found.active else " "
        click.echo(f"{mark} version 版本 {known.id}  {known.title}  {known.sha256[:12]}  {known.actor}")
    for one in found.activations:
        since, decided = _format_time(one.active_from), _format_time(one.decided_at)
        state = f"  cancelled 已撤销 {one.cancelled_by}" if one.cancelled_at else ""
        version = f"activation 启用 {one.id}: version 版本 {one.version}"
        click.echo(f"{version} from 自 {since}, decided 决定 {decided} {one.actor}{state}")


def _diff_file(file: str, before: str, after: str) -> list[str]:
    lines = (before.splitlines(), after.splitlines())
    return list(difflib.unified_diff(*lines, f"old/{file}", f"new/{file}", lineterm="", n=1))


def _replay(store: Store, version: int, first: datetime | None, last: datetime | None) -> RuleReplay:
    active, candidate = service.load_active_rules(store), parse_rules(service.read_rule_texts(store, version))
    return replay_rules(store, active, candidate, first and first.date(), last and last.date())


def _print_replay(replayed: RuleReplay) -> None:
    click.echo(f"incidents 事件 {replayed.incidents:,} ({replayed.first} – {replayed.last})")
    click.echo(f"different routing 改变去向 {replayed.elsewhere:,}")
    for flow in replayed.flows:
        click.echo(f"{flow.incidents:>8,}  {_format_destination(flow.before)} -> {_format_destination(flow.after)}")
    for name, count in replayed.by_rule.items():
        click.echo(f"{count:>8,}  rule 规则 {name}")


def _format_destination(end: Destination) -> str:
    return f"{end.department or '–'}/{end.level}" + ("/dispatched 即派" * end.dispatch)


def _format_time(moment: datetime) -> str:
    local = moment.astimezone(local_zone())
    # The first version is active from the start of Unix time.
    return f"{local:%Y-%m-%d %H:%M}" if local.year > 1970 else "…"  # noqa: PLR2004 - Unix time
