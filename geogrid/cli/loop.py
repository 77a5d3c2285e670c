"""The command ``geogrid loop tick``: escalate incidents and issue cards that are due."""

from __future__ import annotations

import time

import click

from geogrid.cli.command_support import load_settings, open_store
from geogrid.incidents.rule_set import load_rules
from geogrid.services.escalation import DueWork, run_due_work
from geogrid.services.layers import load_locator
from geogrid.services.routing import load_active_rules


@click.group()
def loop() -> None:
    """Run the automatic actions of the incident workflow. 事件闭环。"""


@loop.command("tick")
@click.option("--watch", type=click.FloatRange(min=1), metavar="SECONDS", help="Repeat at this interval until stopped.")
def tick_command(watch: float | None) -> None:
    """Escalate overdue incidents, and issue cards. 超时升级与发卡。

    A running service does this at the interval GEOGRID_TICK_S. A repeated run has no further effect.
    """
    snap_m = load_settings().snap_m
    with open_store() as store:
        while True:
            _print_result(
                run_due_work(store, load_locator(store, snap_m=snap_m), load_active_rules(store, load_rules()))
            )
            if watch is None:
                return
            time.sleep(watch)


def _print_result(done: DueWork | None) -> None:
    if done is None:
        click.echo("Another process is running the escalation. 另一进程正在处理。")
    else:
        click.echo(f"escalated 升级 {len(done.escalated):,}, cards 发卡 {done.cards:,}")
