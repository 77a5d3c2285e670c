"""The commands ``geogrid demo``: create the synthetic district in the store, and remove it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from geogrid.cli.command_support import load_settings, open_store, progress_bar
from geogrid.demo.removal import remove_demo
from geogrid.demo.store_preparation import prepare_demo
from geogrid.model import EVERY_ROLE, Grant
from geogrid.services.api_keys import create_key, list_keys
from geogrid.services.rule_versions import load_active_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tqdm import tqdm

    from geogrid.demo.removal import RemovedDemo

#: The names of the kinds that a removal deletes, by table.
_KINDS: Final[Mapping[str, str]] = {
    "incidents": "incidents 事件",
    "steps": "steps 流程记录",
    "cards": "cards 提示卡、督办卡",
    "whistles": "whistles 吹哨",
    "photos": "photos 照片",
    "changes": "changes 变更记录",
    "restatements": "restatements 重新统计",
    "ledger": "ledger entries 台账",
    "ledger_steps": "ledger steps 台账流程记录",
    "evidence": "pieces of evidence 佐证材料",
    "rounds": "rounds 督查轮次",
    "inspection_sites": "sites 点位",
    "round_sites": "sites of rounds 轮次点位",
    "populations": "populations 人口",
    "places": "places 地名地址",
    "generations": "generations of layers 图层版本",
    "areas": "areas 区划与网格",
    "themes": "thematic layers 专题图层",
    "activations": "activations 图层启用记录",
    "period_snapshots": "snapshots of closed months 关账快照",
    "answers": "stored responses 已存应答",
    "api_keys": "API keys 密钥",
    "rule_versions": "versions of the rules 规则版本",
    "rule_activations": "activations of rules 规则启用记录",
}


@click.group(invoke_without_command=True)
@click.pass_context
def demo(context: click.Context) -> None:
    """Create the demo data in an empty store. 准备演示数据。

    The demo has 1,529 synthetic grids in a real outline, 59,369 synthetic incidents of half a year, and a
    synthetic inspection round. A store that already has layers does not change, and a store with other real data is
    refused. The first run prints an API key with every role, which is shown only once. For production, remove the demo
    (geogrid demo remove) and create accounts and keys with fewer roles (geogrid users, geogrid keys).
    """
    if context.invoked_subcommand is None:
        _prepare()


@demo.command()
@click.option("--commit", is_flag=True, help="Remove the demo. Without this option it is a dry run.")
def remove(*, commit: bool) -> None:
    """Remove everything synthetic in one transaction, and list it. 清除演示数据。

    Your own layers, incidents, sites, accounts and keys stay. Back up the database and stop the services before.

    \b
    geogrid demo remove
    geogrid demo remove --commit
    """  # noqa: D301 - click keeps the line breaks after \b
    settings = load_settings()
    with open_store() as store:
        rules = load_active_rules(store)
        removed = remove_demo(store, rules, settings.home / "index", commit=commit, snap_m=settings.snap_m)
    for line in _describe(removed):
        click.echo(line)
    if not removed.deleted:
        click.echo("The store has no synthetic data. 没有合成示意数据。")
    elif commit:
        click.echo("removed 已清除")
    else:
        click.echo("Dry run: nothing was changed. Add --commit to apply it. 试运行，未写入。")


def _describe(removed: RemovedDemo) -> Iterator[str]:
    for table, kind in _KINDS.items():
        if count := removed.deleted.get(table):
            yield f"{count:>9,}  {kind}"
    if removed.index_files:
        yield f"{removed.index_files:>9,}  index files 索引文件"
    if removed.by_people:
        yield f"{removed.by_people:,} of these incidents have steps by users 其中有人办理过"
    if removed.restored:
        numbers = ", ".join(map(str, removed.restored))
        yield f"merges into synthetic incidents undone 撤销并入合成事件: {numbers}"
    if removed.unlinked:
        yield f"{removed.unlinked:,} real ledger entries unlinked from synthetic incidents 台账与合成事件解除关联"
    if removed.replaced:
        yield f"{removed.replaced:,} real records placed by your own layers 实有记录改按自有图层定位"
    if removed.kept_sites or removed.kept_rounds:
        yield (
            f"kept, because real ledger entries use them 实有台账在用，保留: "
            f"{removed.kept_sites:,} sites 点位, {removed.kept_rounds:,} rounds 轮次"
        )
    for label in removed.kept_generations:
        yield f"kept, an import with synthetic layers 导入的版本含合成图层，保留: {label}"


def _prepare() -> None:
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
            click.echo(create_key(store, "demo", Grant(EVERY_ROLE), demo=True))
