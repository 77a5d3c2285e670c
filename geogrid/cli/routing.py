"""The commands ``geogrid routing``: rules that choose the department of an incident."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import open_store
from geogrid.incidents.rule_set import load_rules
from geogrid.local_time import local_zone, parse_timestamp
from geogrid.model import CONSOLE
from geogrid.rules.routing import read_routing
from geogrid.services import routing_rules as service

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.rules.routing import RoutingRules
    from geogrid.services.routing_rules import Destination, RoutingReplay

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def routing() -> None:
    """Show, check, test and activate routing rules. 分派规则。"""


@routing.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print the rules as a JSON file that can be edited and activated."
)
def show(*, as_json: bool) -> None:
    """Show the active rules, and the history of activations. 显示现行规则。"""
    with open_store() as store:
        rules = service.load_active_rules(store, load_rules()).routing
        decisions = service.list_decisions(store)
    if as_json:
        click.echo(json.dumps(json.loads(rules.text), ensure_ascii=False, indent=2))
        return
    click.echo(f"{rules.title}  {rules.version}  {rules.sha256[:12]}")
    _print_rules(rules)
    for decided in decisions:
        since, when = _format_time(decided.active_from), _format_time(decided.decided_at)
        click.echo(f"{decided.version}  from 自 {since}  decided 决定 {when} {decided.actor}  {decided.sha256[:12]}")


@routing.command()
@_FILE
def check(file: Path) -> None:
    """Check the rules in FILE, and list the unreachable ones. 检查规则文件。

    Exit status 1 if a rule is unreachable.
    """
    rules = read_routing(file)
    with open_store() as store:
        unreachable = service.check_candidate(store, load_rules(), rules)
    for name in unreachable:
        click.echo(f"{name}: unreachable, earlier rules match all its cases. 被前面的规则遮蔽，永远不会匹配。")
    click.echo(f"rules 规则 {len(rules.rules)}, unreachable 遮蔽 {len(unreachable)}")
    sys.exit(bool(unreachable))


@routing.command()
@_FILE
@click.option("--from", "first", type=_DAY, help="First day; by default the previous month is replayed.")
@click.option("--to", "last", type=_DAY, help="Last day, inclusive.")
def test(file: Path, first: datetime | None, last: datetime | None) -> None:
    """Route the incidents of a period by the rules in FILE, and compare with the active rules. 回放测试。

    Nothing is stored. Exit status 1 if the routing of any incident differs.
    """
    rules = read_routing(file)
    with open_store() as store:
        in_force = service.load_active_rules(store, load_rules())
        replayed = service.replay_routing(store, in_force, rules, first and first.date(), last and last.date())
    _print_replay(replayed)
    sys.exit(bool(replayed.elsewhere))


@routing.command()
@_FILE
@click.option(
    "--from", "active_from", metavar="MOMENT", help="Time of the activation, such as 2026-12-01T06:00; by default now."
)
@click.option("--commit", is_flag=True, help="Activate the rules. Without this option it is a dry run.")
def activate(file: Path, active_from: str | None, *, commit: bool) -> None:
    """Activate the rules in FILE, now or at a later time. 启用分派规则。

    Running services use them within a second. Earlier reports keep their routing.
    """
    rules = read_routing(file)
    moment = parse_timestamp(active_from) if active_from else None
    with open_store() as store:
        if commit:
            decided = service.activate_routing(store, load_rules(), CONSOLE, rules, moment)
            click.echo(f"{decided.version}: active from 自 {_format_time(decided.active_from)}")
            return
        unreachable = service.check_candidate(store, load_rules(), rules)
    _print_rules(rules)
    for name in unreachable:
        click.echo(f"{name}: unreachable, earlier rules match all its cases. 被前面的规则遮蔽。")
    click.echo("Dry run: nothing was changed. Add --commit to activate the rules. 试运行，未启用。")
    sys.exit(bool(unreachable))


def _print_rules(rules: RoutingRules) -> None:
    for position, rule in enumerate(rules.rules, start=1):
        then = rule.then
        target = f"{then.department or '按类别 by category'} / {then.level}" + (" / 即派 dispatched" * then.dispatch)
        click.echo(f"{position:>3}  {rule.name:<24} {target:<40} {rule.title}")


def _print_replay(replayed: RoutingReplay) -> None:
    click.echo(f"incidents 事件 {replayed.incidents:,} ({replayed.first} – {replayed.last})")
    click.echo(f"different routing 改变去向 {replayed.elsewhere:,}")
    for flow in replayed.flows:
        click.echo(f"{flow.incidents:>8,}  {_format_destination(flow.before)} -> {_format_destination(flow.after)}")
    for name, count in replayed.by_rule.items():
        click.echo(f"{count:>8,}  rule 规则 {name}{'  unreachable 遮蔽' * (name in replayed.hidden)}")


def _format_destination(end: Destination) -> str:
    return f"{end.department or '–'}/{end.level}" + ("/dispatched 即派" * end.dispatch)


def _format_time(moment: datetime) -> str:
    return f"{moment.astimezone(local_zone()):%Y-%m-%d %H:%M}"
