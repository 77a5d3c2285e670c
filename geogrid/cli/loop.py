"""The command ``geogrid loop tick``: escalate incidents and issue cards that are due."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import load_settings, open_store
from geogrid.local_time import local_zone
from geogrid.services.due_recalculation import DueRecalculation, recalculate_due_times
from geogrid.services.escalation import DueWork, run_due_work
from geogrid.services.layer_generations import load_locator
from geogrid.services.rule_versions import load_active_rules

if TYPE_CHECKING:
    from geogrid.model import Progress


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
            _print_result(run_due_work(store, load_locator(store, snap_m=snap_m), load_active_rules(store)))
            if watch is None:
                return
            time.sleep(watch)


@loop.command("recalculate")
@click.option("--commit", is_flag=True, help="Store the new due times. Without this option it is a dry run.")
def recalculate_command(*, commit: bool) -> None:
    """Recalculate provisional due times after the calendar has new years. 重算暂定时限。

    Run it after installing a calendar with the holidays of another year. Suspensions and extensions count as they were
    taken. Each change is a step in the history of its incident, with the old and the new due times. A repeated run
    changes nothing more.
    """
    now = datetime.now(UTC)
    with open_store() as store:
        done = recalculate_due_times(store, load_active_rules(store), commit=commit, now=now)
    _print_recalculation(done, now)
    if not commit:
        click.echo("Dry run: nothing was changed. Add --commit to store the due times. 试运行，未写入。")


def _print_recalculation(done: DueRecalculation, now: datetime) -> None:
    moved = [found for found in done.changed if found.is_moved]
    for found in moved:
        old, new = (_format_due_times(progress) for progress in (found.incident.progress, found.progress))
        mark = " (past 已过期)" if found.is_past(now) else ""
        click.echo(f"{found.incident.id}: {old} → {new}{mark}")
    past = sum(found.is_past(now) for found in moved)
    click.echo(f"moved 时限变动 {len(moved):,}, past and judged by figures 其中已到期、计入考核 {past:,}")
    click.echo(f"confirmed 时限不变、转为确定 {len(done.changed) - len(moved):,}")
    click.echo(f"still provisional 仍为暂定 {len(done.provisional):,}")
    if done.unexplained:
        numbers = ", ".join(map(str, done.unexplained))
        click.echo(f"not changed, because their limits have changed too 办理时限规则也有变动，未重算: {numbers}")


def _format_due_times(progress: Progress) -> str:
    moments = (progress.current_due_at, progress.close_due_at)
    return " / ".join(f"{moment.astimezone(local_zone()):%Y-%m-%d %H:%M}" if moment else "-" for moment in moments)


def _print_result(done: DueWork | None) -> None:
    if done is None:
        click.echo("Another process is running the escalation. 另一进程正在处理。")
    else:
        click.echo(f"escalated 升级 {len(done.escalated):,}, cards 发卡 {done.cards:,}")
