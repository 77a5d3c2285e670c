"""The command ``geogrid demo``: create the synthetic district in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import open_store, progress_bar
from geogrid.demo.store_preparation import prepare_demo
from geogrid.model import EVERY_ROLE, Grant
from geogrid.services.api_keys import create_key, list_keys

if TYPE_CHECKING:
    from tqdm import tqdm


@click.command()
def demo() -> None:
    """Create the demo data in an empty store. 准备演示数据。

    The demo has 1,529 synthetic grids in the real outline of 平城区, 59,369 synthetic incidents of half a year, and a
    synthetic inspection round. A store that already has layers does not change. The first run prints an API key with
    every role, which is shown only once. For production, revoke it and create accounts and keys with fewer roles
    (geogrid users, geogrid keys).
    """
    bars: list[tqdm] = []

    def start(total: int) -> None:
        click.echo("Preparing the demo 准备演示数据 …", err=True)
        bars.append(progress_bar(total, "incidents 事件"))

    with open_store() as store:
        done = prepare_demo(
            store,
            start=start,
            advance=lambda count: bars[0].update(count) and None,
        )
        for bar in bars:
            bar.close()
        if done:
            click.echo(
                f"{done.grids:,} grids 网格, {done.incidents:,} incidents 事件, "
                f"{done.problems:,} problems at inspected sites 点位问题: synthetic data 合成示意数据.",
                err=True,
            )
        else:
            click.echo("The store already has layers and was not changed. 已有数据，保持不变。", err=True)
        if not list_keys(store):
            click.echo("API key with every role, shown only once 全部角色的试用密钥，仅显示一次:", err=True)
            click.echo(create_key(store, "demo", Grant(EVERY_ROLE)))
