"""``geogrid routing``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import open_store
from geogrid.incidents.rule_set import load_rules
from geogrid.local_time import LOCAL_ZONE, parse_timestamp
from geogrid.model import CONSOLE
from geogrid.rules.routing import read_routing
from geogrid.services import routing as service

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.rules.routing import RoutingRules
    from geogrid.services.routing import Destination, RoutingReplay

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def routing() -> None:
    """Rules by which reports get their department and level. 分派规则。"""


@routing.command()
@click.option("--json", "as_json", is_flag=True, help="As a file that can be changed and activated.")
def show(*, as_json: bool) -> None:
    """Show the rules in force, and who put which in force when. 显示现行规则。"""
    with open_store() as store:
        rules = service.load_active_rules(store, load_rules()).routing
        decisions = service.list_decisions(store)
    if as_json:
        click.echo(json.dumps(json.loads(rules.text), ensure_ascii=False, indent=2))
        return
    click.echo(f"{rules.title}  {rules.version}  {rules.sha256[:12]}")
    _print_rules(rules)
    for decided in decisions:
        since, when = _moment(decided.active_from), _moment(decided.decided_at)
        click.echo(f"{decided.version}  from 自 {since}  decided 决定 {when} {decided.actor}  {decided.sha256[:12]}")


@routing.command()
@_FILE
def check(file: Path) -> None:
    """Say whether the rules of a FILE can be used, and which of them no report can reach. 检查规则文件。

    Exit status 1 if there is one.
    """
    rules = read_routing(file)
    with open_store() as store:
        hidden = service.check_candidate(store, load_rules(), rules)
    for name in hidden:
        click.echo(f"{name}: hidden, earlier rules take all that it matches. 被前面的规则遮蔽，永远不会匹配。")
    click.echo(f"rules 规则 {len(rules.rules)}, hidden 遮蔽 {len(hidden)}")
    sys.exit(bool(hidden))


@routing.command()
@_FILE
@click.option("--from", "first", type=_DAY, help="The first day; by default last month is replayed.")
@click.option("--to", "last", type=_DAY, help="The last day, which counts.")
def test(file: Path, first: datetime | None, last: datetime | None) -> None:
    """Replay a period's incidents under the rules of a FILE, beside those in force. 回放测试。

    Nothing is changed. Exit status 1 if any incident would go elsewhere.
    """
    rules = read_routing(file)
    with open_store() as store:
        in_force = service.load_active_rules(store, load_rules())
        found = service.replay_routing(store, in_force, rules, first and first.date(), last and last.date())
    _print_replay(found)
    sys.exit(bool(found.elsewhere))


@routing.command()
@_FILE
@click.option("--from", "active_from", metavar="MOMENT", help="From when on, such as 2026-12-01T06:00; by default now.")
@click.option("--commit", is_flag=True, help="Put them in force. Without it nothing is changed: a dry run.")
def activate(file: Path, active_from: str | None, *, commit: bool) -> None:
    """Put the rules of a FILE in force, now or from a moment to come. 启用分派规则。

    Running services follow within a second. What has arrived before stays where it went.
    """
    rules = read_routing(file)
    moment = parse_timestamp(active_from) if active_from else None
    with open_store() as store:
        if commit:
            decided = service.activate_routing(store, load_rules(), CONSOLE, rules, moment)
            click.echo(f"{decided.version}: in force from 自 {_moment(decided.active_from)}")
            return
        hidden = service.check_candidate(store, load_rules(), rules)
    _print_rules(rules)
    for name in hidden:
        click.echo(f"{name}: hidden, earlier rules take all that it matches. 被前面的规则遮蔽。")
    click.echo("Dry run: nothing was changed. Add --commit to put them in force. 试运行，未启用。")
    sys.exit(bool(hidden))


def _print_rules(rules: RoutingRules) -> None:
    for place, rule in enumerate(rules.rules, start=1):
        then = rule.then
        ends = f"{then.department or '按类别 by category'} / {then.level}" + (" / 即派 dispatched" * then.dispatch)
        click.echo(f"{place:>3}  {rule.name:<24} {ends:<40} {rule.title}")


def _print_replay(found: RoutingReplay) -> None:
    click.echo(f"incidents 事件 {found.incidents:,} ({found.first} – {found.last})")
    click.echo(f"elsewhere 改变去向 {found.elsewhere:,}")
    for flow in found.flows:
        click.echo(f"{flow.incidents:>8,}  {_destination(flow.before)} -> {_destination(flow.after)}")
    for name, count in found.by_rule.items():
        click.echo(f"{count:>8,}  rule 规则 {name}{'  hidden 遮蔽' * (name in found.hidden)}")


def _destination(end: Destination) -> str:
    return f"{end.department or '–'}/{end.level}" + ("/dispatched 即派" * end.dispatch)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M}"
