"""The commands ``geogrid layers generations | activate | cancel | rollback | diff``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import load_settings, open_store
from geogrid.local_time import local_zone, parse_timestamp
from geogrid.services import layer_generations as service

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.layers.diff import LayerDiff
    from geogrid.services.layer_generations import GenerationDiff


@click.command()
def generations() -> None:
    """List the generations with their states. 列出图层版本。"""
    with open_store() as store:
        for record in service.list_generations(store):
            since = ", ".join(_format_time(moment) for moment in record.active_from) or "–"
            click.echo(f"{record.generation.id:>4}  {record.state:<8}  {since}  {record.generation.label}")


@click.command()
@click.argument("generation_id", metavar="ID", type=int)
@click.option(
    "--from",
    "active_from",
    metavar="MOMENT",
    help="Time of the activation, such as 2026-12-01 or 2026-12-01T06:00; by default now.",
)
def activate(generation_id: int, active_from: str | None) -> None:
    """Activate the generation ID, now or at a later time. 启用图层版本。

    Running services use it within a second. Incidents keep the grids of their day.
    """
    moment = parse_timestamp(active_from) if active_from else None
    with open_store() as store:
        decision = service.activate_generation(store, generation_id, moment)
    click.echo(f"generation 版本 {decision.generation}: active from 自 {_format_time(decision.active_from)}")


@click.command()
@click.argument("generation_id", metavar="ID", type=int)
def cancel(generation_id: int) -> None:
    """Cancel the planned activation of the generation ID. 取消计划启用。

    An activation that has begun is undone by "geogrid layers rollback".
    """
    with open_store() as store:
        planned = service.cancel_activation(store, generation_id)
    for decision in planned:
        click.echo(f"generation 版本 {generation_id}: not active from 不再启用于 {_format_time(decision.active_from)}")


@click.command()
def rollback() -> None:
    """Undo the last activation. 回退到上一版本。

    A repeated call goes back one generation further.
    """
    with open_store() as store:
        decision = service.reactivate_previous(store)
    click.echo(f"generation 版本 {decision.generation}: active from 自 {_format_time(decision.active_from)}")


@click.command()
@click.argument("old", type=int)
@click.argument("new", type=int)
def diff(old: int, new: int) -> None:
    """Show the differences between the generations OLD and NEW. 比较两个版本。

    Exit status 1 if they differ.
    """
    with open_store() as store:
        result = service.diff_generations(store, old, new, snap_m=load_settings().snap_m)
    _print_diff(result)
    sys.exit(not result.is_empty)


def _print_diff(result: GenerationDiff) -> None:
    for layer, changes in result.layers.items():
        for line in _format_changes(changes):
            click.echo(f"{layer:<10} {line}")
    for name in result.themes_added:
        click.echo(f"{name:<10} new layer 新增图层")
    for name in result.themes_removed:
        click.echo(f"{name:<10} removed layer 撤去图层")
    click.echo(f"incidents 事件 {result.incidents:,}, responsible grid changes 换责任网格 {result.change_hands:,}")


def _format_changes(changes: LayerDiff) -> list[str]:
    return [
        *(f"added 新增    {code}" for code in changes.added),
        *(f"removed 删除  {code}" for code in changes.removed),
        *(f"split 拆分    {area.before[0]} -> {', '.join(area.after)}" for area in changes.split),
        *(f"merged 合并   {', '.join(area.before)} -> {area.after[0]}" for area in changes.merged),
        *(f"moved 移界    {area.code} +{area.gained_m2:,.0f} m² -{area.lost_m2:,.0f} m²" for area in changes.moved),
        *(f"redrawn 改线  {code}" for code in changes.redrawn),
        *(f"renamed 更名  {code}" for code in changes.renamed),
    ]


def _format_time(moment: datetime) -> str:
    return "always" if moment == service.BEGINNING else f"{moment.astimezone(local_zone()):%Y-%m-%d %H:%M}"
