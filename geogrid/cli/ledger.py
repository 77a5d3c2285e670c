"""The commands ``geogrid ledger``: list, count and export the problems of the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geogrid.cli.command_support import open_store, translate_write_errors
from geogrid.constants import Language
from geogrid.errors import ConflictError, FileError
from geogrid.ledger.export import LedgerFormat
from geogrid.ledger.ledger_filter import LedgerFilter
from geogrid.ledger.three_lists import ListName, write_local
from geogrid.local_time import day_span
from geogrid.model import CONSOLE, EntryState
from geogrid.model.figures import format_share
from geogrid.services import ledger as service
from geogrid.services import ledger_lists as lists
from geogrid.services.pagination import MAX_PAGE
from geogrid.services.rule_versions import load_active_rules
from geogrid.services.sites import get_round_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from geogrid.services.ledger_lists import LedgerFigures
    from geogrid.store.database import Store

_DAY = click.DateTime(["%Y-%m-%d"])
_FILTER = (
    click.option("--area", metavar="CODE", help="Code of a street, community, village or grid."),
    click.option("--round", "round_name", metavar="NAME", help="Name of the inspection round."),
    click.option("--from", "first", type=_DAY, metavar="DAY", help="Found on this day or later."),
    click.option("--to", "last", type=_DAY, metavar="DAY", help="Found on this day or before."),
    click.option("--category", metavar="CODE", help="Code of the category."),
    click.option("--department", metavar="NAME", help="Name of the department."),
    click.option("--state", type=click.Choice([state.value for state in EntryState]), help="State of the entries."),
)


def _filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_FILTER):
        command = option(command)
    return command


@click.group()
def ledger() -> None:
    """List, count and export the ledger of round_name sites. 点位台账与三清单。"""


@ledger.command("list")
@_filter_options
def list_entries(**options: Any) -> None:  # noqa: ANN401 - the options of the filter
    """List ledger entries, one per line. 列出台账。"""
    with open_store() as store:
        entry_filter = _build_filter(store, **options)
        after: int | None = 0
        while after is not None:
            page = service.list_entries(store, CONSOLE, entry_filter, after=after, limit=MAX_PAGE)
            for entry in page.items:
                found_at = write_local(entry.problem.found_at)
                words = (
                    entry.number,
                    entry.progress.state,
                    found_at,
                    entry.problem.category,
                    entry.progress.department,
                )
                click.echo("  ".join((*map(str, words), entry.site.name)))
            after = page.next


@ledger.command("figures")
@_filter_options
def show_figures(**options: Any) -> None:  # noqa: ANN401 - the options of the filter
    """Count found, rectified and struck-off problems. 台账统计。"""
    with open_store() as store:
        figures = lists.count_ledger(store, CONSOLE, _build_filter(store, **options))
    _print_figures("all 全部", figures.total)
    for part in (figures.by_street, figures.by_department, figures.by_category):
        click.echo()
        for name, row in part.items():
            _print_figures(name or "-", row)


@ledger.command("export")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--list", "list_name", type=click.Choice([name.value for name in ListName]), help="Export this list only."
)
@click.option(
    "--lang",
    type=click.Choice([language.value for language in Language]),
    default="zh",
    help="Language of the headers.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@_filter_options
def export(out: Path, list_name: str | None, lang: str, *, force: bool, **options: Any) -> None:  # noqa: ANN401 - the options of the filter
    """Export the three lists to OUT: .xlsx or .gpkg (all three), .csv or .geojson (one). 导出三清单。"""
    form = _format_of(out)
    if out.exists() and not force:
        raise ConflictError(
            f"{out.name} already exists.", code="file_exists", remedy="Choose another name, or add --force."
        )
    with open_store() as store:
        rules = load_active_rules(store)
        content = lists.export_lists(
            store,
            CONSOLE,
            rules,
            _build_filter(store, **options),
            ListName(list_name) if list_name else None,
            form,
            Language(lang),
        )
    with translate_write_errors(out):
        out.write_bytes(content)


def _build_filter(
    store: Store,
    area: str | None,
    round_name: str | None,
    first: datetime | None,
    last: datetime | None,
    category: str | None,
    department: str | None,
    state: str | None,
) -> LedgerFilter:
    since, until = day_span(first.date() if first else None, last.date() if last else None)
    round_id = get_round_id(store, round_name) if round_name else None
    return LedgerFilter(area, round_id, since, until, category, department, EntryState(state) if state else None)


def _format_of(out: Path) -> LedgerFormat:
    try:
        return LedgerFormat(out.suffix.lower().removeprefix("."))
    except ValueError as error:
        raise FileError(
            "The file name suffix is unknown.", code="format", remedy="Use .xlsx, .csv, .geojson or .gpkg."
        ) from error


def _print_figures(name: str, figures: LedgerFigures) -> None:
    rate = format_share(figures.rectified.value)
    click.echo(
        f"{name}: found 发现 {figures.found:,}, rectified 整改 {figures.rectified.numerator:,} ({rate}), "
        f"struck off 销号 {figures.struck_off:,}, past due 逾期未整改 {figures.past_due:,}, "
        f"synthetic 合成示意 {figures.share.synthetic:,}, real 实有 {figures.share.real:,}"
    )
