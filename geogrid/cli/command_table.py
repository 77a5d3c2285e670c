"""The commands with their help texts, so that ``geogrid --help`` imports no command module.

A test compares each text with the help of the real command.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CommandText:
    """Location and help text of a command.

    Attributes
    ----------
    help
        First line of the help of a command; complete help of a group.
    target
        ``module:attribute``; empty for a command that an entry point of another package defines.
    children
        Commands of a group with the first lines of their help.
    has_callback
        Whether the group runs without a command too.
    """

    help: str
    target: str = ""
    children: Mapping[str, str] = field(default_factory=dict)
    has_callback: bool = False


COMMANDS: Final[Mapping[str, CommandText]] = {
    "assign": CommandText(
        "Add the codes of the containing grids to each row of file IN, and write OUT. 批量定位。",
        "geogrid.cli.assign_points:assign",
    ),
    "db": CommandText(
        "Check, back up, restore and move the database. 数据库维护。",
        "geogrid.cli.db:db",
        children={
            "backup": "Write a consistent backup to FILE; services can keep running. 备份。",
            "check": "Check the integrity of the database, without changes. 检查数据库。",
            "move": "Copy the database to the empty database at URL in one transaction. 迁移数据库。",
            "restore": "Restore the backup FILE of the same kind of database in one transaction. 恢复。",
            "upgrade": "Upgrade the tables to this version of geogrid. Other commands do this automatically. 升级数据库。",
        },
    ),
    "demo": CommandText(
        (
            "Create the demo data in an empty store. 准备演示数据。\n"
            "\n"
            "    The demo has 1,529 synthetic grids in a real outline, 59,369 synthetic incidents of half a year, and a\n"
            "    synthetic inspection round. A store that already has layers does not change, and a store with other real data is\n"
            "    refused. The first run prints an API key with every role, which is shown only once. For production, remove the demo\n"
            "    (geogrid demo remove) and create accounts and keys with fewer roles (geogrid users, geogrid keys).\n"
            "    "
        ),
        "geogrid.cli.demo:demo",
        children={"remove": "Remove everything synthetic in one transaction, and list it. 清除演示数据。"},
        has_callback=True,
    ),
    "incidents": CommandText(
        "Import and export incidents, and close reporting periods. 事件。",
        "geogrid.cli.incidents:incidents",
        children={
            "close-period": "Refuse new reports of DAY (such as 2026-10-31) and all earlier days. 关账：不再接收该日及以前的上报。",
            "export": "Export the incidents of the filters to FILE: .csv, .xlsx, .geojson, .gpkg or .parquet. 导出事件。",
            "import": "Import incidents from a CSV, XLSX, GeoJSON or Parquet FILE; invalid rows are refused. 导入事件。",
        },
    ),
    "init": CommandText(
        "Prepare an empty store for the district NAME, without demo data. 新建辖区。",
        "geogrid.cli.init:init",
    ),
    "keys": CommandText(
        "Manage API keys. API 密钥。",
        "geogrid.cli.keys:keys",
        children={
            "add": "Create a key and print it; it is shown only once. 新建密钥。",
            "list": "List the keys with id, creation time, state, last use and roles. 列出密钥。",
            "revoke": "Revoke the key ID. 吊销密钥。",
        },
    ),
    "kpi": CommandText(
        "Count received, handled and closed incidents, with all rates. 统计受理、办结与各项比率。",
        "geogrid.cli.kpi:kpi",
    ),
    "layers": CommandText(
        "List, check, import, export and activate layers. 图层。",
        "geogrid.cli.layers:layers",
        children={
            "activate": "Activate the generation ID, now or at a later time. 启用图层版本。",
            "build-demo": "Rebuild the synthetic layers reproducibly. 重建合成示意图层。",
            "cancel": "Cancel the planned activation of the generation ID. 取消计划启用。",
            "check": "Check the topology and codes of layer files. 检查图层拓扑。",
            "convert": "Convert a layer FILE to the standard GeoJSON file OUT. 转换图层文件。",
            "diff": "Show the differences between the generations OLD and NEW. 比较两个版本。",
            "export": "Export layers to OUT for other programs. 导出图层。",
            "generations": "List the generations with their states. 列出图层版本。",
            "import": "Check layers and store them as a draft, completed from the base generation. 导入图层。",
            "list": "Show the active generation and its layers. 列出图层。",
            "rollback": "Undo the last activation. 回退到上一版本。",
        },
    ),
    "ledger": CommandText(
        "List, count and export the ledger of round_name sites. 点位台账与三清单。",
        "geogrid.cli.ledger:ledger",
        children={
            "export": "Export the three lists to OUT: .xlsx or .gpkg (all three), .csv or .geojson (one). 导出三清单。",
            "figures": "Count found, rectified and struck-off problems. 台账统计。",
            "list": "List ledger entries, one per line. 列出台账。",
        },
    ),
    "locate": CommandText(
        "Return the grids that contain a point, and the responsible grid. 定位一个点。",
        "geogrid.cli.locate:locate",
    ),
    "loop": CommandText(
        "Run the automatic actions of the incident workflow. 事件闭环。",
        "geogrid.cli.loop:loop",
        children={
            "recalculate": "Recalculate provisional due times after the calendar has new years. 重算暂定时限。",
            "tick": "Escalate overdue incidents, and issue cards. 超时升级与发卡。",
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
    "mappings": CommandText(
        "List, show and remove saved mappings of imported tables. 列映射。",
        "geogrid.cli.mappings:mappings",
        children={
            "list": "List the saved mappings with their list and time. 列出列映射。",
            "remove": "Remove the mapping NAME of LIST. Imported rows do not change. 删除列映射。",
            "show": "Print the mapping NAME of LIST, such as incidents, as TOML. 显示列映射。",
        },
    ),
    "people": CommandText(
        "Import and list the people of grids, lines and areas. 一格多员。",
        "geogrid.cli.people:people",
        children={
            "import": "Import a list of people from a CSV, XLSX or Parquet FILE; invalid rows are refused. 导入人员名单。",
            "list": "List the current posts with unmasked names and phone numbers. 列出在岗人员。",
            "template": "Write an empty list of people to OUT, a .csv or .xlsx file. 生成空白名单。",
        },
    ),
    "places": CommandText(
        "Import and find places and standard addresses. 地名地址。",
        "geogrid.cli.places:places",
        children={
            "find": "Find places by TEXT: a name, an address, pinyin, initials, or coordinates. 查找地点。",
            "import": "Import a gazetteer from a CSV, XLSX or Parquet FILE; invalid rows are refused. 导入标准地名地址。",
        },
    ),
    "population": CommandText(
        "Import population numbers. 人口。",
        "geogrid.cli.population:population",
        children={
            "import": "Import the population by area from a CSV, XLSX or Parquet FILE; invalid rows are refused. 导入人口。",
        },
    ),
    "reassign": CommandText(
        "Restate all incidents by another generation than that of their day. 按另一图层版本重新划分事件。",
        "geogrid.cli.reassign:reassign",
    ),
    "rules": CommandText(
        "Check, compare, import, export and activate the rules. 规则。\n\n    The rules are one profile.toml and ten JSON files, "
        "kept in the database, each version whole. FILES are such files or\n    folders of them; files that are not given are "
        "those of the active version.\n    ",
        "geogrid.cli.rules:rules",
        children={
            "activate": "Activate VERSION, now or at a later time. 启用规则。",
            "cancel": "Cancel the planned ACTIVATION, an id of `geogrid rules history`. 撤销计划的启用。",
            "check": "Check the rules in FILES, and list every fault with its file and line. 检查规则。",
            "diff": "Show the differences between version OLD and version NEW, or FILES. 比较规则。",
            "export": "Write the rules to FOLDER, one file each, for editing. 导出规则。",
            "history": "List the versions of the rules and their activations. 规则沿革。",
            "import": "Import the rules in FILES as a new version, which is not active yet. 导入规则。",
            "replay": "Route the incidents of a period by VERSION, and compare with the active rules. 回放。",
        },
    ),
    "serve": CommandText(
        "Serve the API and the maps. 启动服务。",
    ),
    "sites": CommandText(
        "Import inspected sites and list inspection rounds. 督查点位。",
        "geogrid.cli.sites:sites",
        children={
            "import": "Import sites from FILE; invalid rows are refused. 导入点位。",
            "rounds": "List the inspection rounds. 列出督查轮次。",
        },
    ),
    "users": CommandText(
        "Manage user accounts. 用户账号。",
        "geogrid.cli.users:users",
        children={
            "add": "Create the account NAME; the command prompts for the password. 新建账号。",
            "disable": "Disable the account NAME and end its sessions. Its steps remain in the history. 停用账号。",
            "list": "List the accounts with id, creation time, state, name and roles. 列出账号。",
            "password": "Change the password of the account NAME and end its sessions. 修改密码。",
            "set": "Change the given properties of the account NAME. 修改账号。",
        },
    ),
}
