"""The commands and their help, so that ``geogrid --help`` imports no command module.

A test compares each text with the help of the real command.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CommandText:
    """Where a command is defined, and the help that a list shows of it.

    Attributes
    ----------
    help
        The first line of the help of a command; the whole help of a group.
    target
        ``module:attribute``. It is empty for a command of a package above the library, which an entry point names.
    children
        The commands of a group, each with the first line of its help.
    """

    help: str
    target: str = ""
    children: Mapping[str, str] = field(default_factory=dict)


COMMANDS: Final[Mapping[str, CommandText]] = {
    "assign": CommandText(
        "Add to each row of a file, IN, the grids that hold its point, and write OUT. 批量定位。",
        "geogrid.cli.assign:assign",
    ),
    "db": CommandText(
        "Check, back up, restore and move the database. 数据库维护。",
        "geogrid.cli.db:db",
        children={
            "backup": "Write a backup to FILE, as of one moment; services may run meanwhile. 备份。",
            "check": "Look the database through; nothing is changed. 检查数据库。",
            "move": "Copy the database into the empty one at URL, all or nothing. 迁移数据库。",
            "restore": "Restore a backup FILE of the same kind of database, all or nothing. 恢复。",
            "upgrade": "Bring the tables to this version's; every command does so first. 升级数据库。",
        },
    ),
    "demo": CommandText(
        "Fill an empty store with the demo. 准备演示数据。",
        "geogrid.cli.demo:demo",
    ),
    "incidents": CommandText(
        "Take in incidents from files. 事件。",
        "geogrid.cli.incidents:incidents",
        children={
            "close-period": "Take no more reports of DAY (like 2026-10-31) and all before. 关账：不再接收该日及以前的上报。",
            "import": "Import a CSV, GeoJSON or Parquet FILE; each bad row is refused by itself. 导入事件。",
        },
    ),
    "keys": CommandText(
        "Keys of API clients. API 密钥。",
        "geogrid.cli.keys:keys",
        children={
            "add": "Make a key and print it, for the only time. 新建密钥。",
            "list": "List the keys: number, since when, whether in force, last used, what it may do. 列出密钥。",
            "revoke": "Revoke the key of a NUMBER; it opens nothing from then on. 吊销密钥。",
        },
    ),
    "kpi": CommandText(
        "Count what was received, handled, in time and closed, with all rates. 统计受理、办结与各项比率。",
        "geogrid.cli.figures:kpi",
    ),
    "layers": CommandText(
        "Look at the polygon layers, check files of them, or rebuild the demo's. 图层。",
        "geogrid.cli.layers:layers",
        children={
            "activate": "Put the generation of a NUMBER in force, now or from a moment to come. 启用图层版本。",
            "build-demo": "Rebuild the synthetic layers, byte for byte. 重建合成示意图层。",
            "check": "Say what is wrong with layer files. 检查图层拓扑。",
            "convert": "Turn a FILE of a GIS office into the standard GeoJSON, OUT. 转换图层文件。",
            "diff": "Show what changes from generation OLD to NEW. 比较两个版本。",
            "export": "Write layers to OUT, for other programs. 导出图层。",
            "generations": "List the generations and where they stand. 列出图层版本。",
            "import": "Check layers and keep them, with those that are not brought, as a draft. 导入图层。",
            "list": "Show the generation in force and its layers. 列出图层。",
            "rollback": "Put the generation in force again that was so before this one. 回退到上一版本。",
        },
    ),
    "ledger": CommandText(
        "Show the ledger of inspected sites, and write its three lists. 点位台账与三清单。",
        "geogrid.cli.ledger:ledger",
        children={
            "export": "Write the three lists to OUT: .xlsx, .gpkg (all three), .csv or .geojson (one). 导出三清单。",
            "figures": "Count what was found and put right. 台账统计。",
            "list": "List entries, a line each. 列出台账。",
        },
    ),
    "locate": CommandText(
        "Say which grids hold a point, and whose incident it would be. 定位一个点。",
        "geogrid.cli.locate:locate",
    ),
    "loop": CommandText(
        "Keep the closed loop of incidents going. 事件闭环。",
        "geogrid.cli.loop:loop",
        children={
            "tick": "Escalate what is due, and issue cards. 超时升级与发卡。",
        },
    ),
    "map": CommandText(
        (
            "Write maps to files. 地图。\n"
            "\n"
            "    OUT is one HTML file that opens from disk with no network, or by the ending .pdf or .png a print: landscape, with\n"
            "    legend, scale bar and sources.\n"
            "    "
        ),
        children={
            "compare": "Write two periods side by side, or their difference, to OUT. 两期对比。",
            "density": "Write a measure of each grid, community or street to OUT. 分区密度图。",
            "explorer": "Write the layers to OUT, as a page to search and click. 网格查询。",
            "findings": "Check layer files and write a map of the findings to OUT. 拓扑检查地图。",
            "heatmap": "Write the heat map to OUT. 热力图。",
            "hotspots": "Write the grids with significantly high or low values to OUT. 冷热点图。",
            "rates": "Write smoothed rates by area to OUT. 分区指标图。",
            "timeline": "Write the timeline to OUT: an animation, or small maps on a print. 时序图。",
        },
    ),
    "people": CommandText(
        "Take in and list the people of grids, lines and areas. 一格多员。",
        "geogrid.cli.people:people",
        children={
            "import": "Import a CSV or XLSX FILE; each bad row is refused by itself. 导入人员名单。",
            "list": "List who is in office, in full. 列出在岗人员。",
            "template": "Write an empty list to fill in, OUT: a .csv or an .xlsx file. 生成空白名单。",
        },
    ),
    "places": CommandText(
        "Take in places and standard addresses, and find them. 地名地址。",
        "geogrid.cli.places:places",
        children={
            "find": "Say which places TEXT may mean: a name, an address, pinyin, initials, or coordinates. 查找地点。",
            "import": "Import a CSV or XLSX list of places; each bad row is refused by itself. 导入标准地名地址。",
        },
    ),
    "population": CommandText(
        "Take in how many people live in areas. 人口。",
        "geogrid.cli.population:population",
        children={
            "import": "Import a CSV FILE of people by area; each bad row is refused by itself. 导入人口。",
        },
    ),
    "reassign": CommandText(
        "Restate incidents by the layers of another generation than that of their day. 按另一图层版本重新划分事件。",
        "geogrid.cli.reassign:reassign",
    ),
    "routing": CommandText(
        "Rules by which reports get their department and level. 分派规则。",
        "geogrid.cli.routing:routing",
        children={
            "activate": "Put the rules of a FILE in force, now or from a moment to come. 启用分派规则。",
            "check": "Say whether the rules of a FILE can be used, and which of them no report can reach. 检查规则文件。",
            "show": "Show the rules in force, and who put which in force when. 显示现行规则。",
            "test": "Replay a period's incidents under the rules of a FILE, beside those in force. 回放测试。",
        },
    ),
    "serve": CommandText(
        "Serve the API and the maps. 启动服务。",
    ),
    "sites": CommandText(
        "Take in and list the sites of inspection rounds. 督查点位。",
        "geogrid.cli.sites:sites",
        children={
            "import": "Import sites from FILE; each bad row is refused by itself. 导入点位。",
            "rounds": "List the inspection rounds. 列出督查轮次。",
        },
    ),
    "users": CommandText(
        "Accounts of people. 用户账号。",
        "geogrid.cli.users:users",
        children={
            "add": "Make an account NAME; its password is asked for twice. 新建账号。",
            "disable": "Let the account NAME in no more; its sessions end. What it did stays. 停用账号。",
            "list": "List the accounts: since when, whether in force, name, what it may do. 列出账号。",
            "password": "Give the account NAME another password, which is asked for twice; its sessions end. 修改密码。",
            "set": "Change the account NAME: what is given replaces what it had, all else stays. 修改账号。",
        },
    ),
}
