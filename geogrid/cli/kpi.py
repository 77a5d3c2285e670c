"""The command ``geogrid kpi``: print the figures of a period."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import open_store, print_json
from geogrid.cli.figure_formatting import format_closing, format_csv, format_json, format_rows, format_total
from geogrid.cli.filter_options import filter_options
from geogrid.cli.generation_options import generation_options, select_generation
from geogrid.constants import Language
from geogrid.incidents.rule_set import load_rules
from geogrid.rules.formulas import load_formulas
from geogrid.services.counting_basis import CountingBasis, find_basis
from geogrid.services.figure_tables import ComparisonPeriod, TableGrouping, build_figure_table
from geogrid.services.filter_value_check import check_values
from geogrid.services.layer_generations import generation_at, get_generation
from geogrid.services.provenance import incident_provenance

if TYPE_CHECKING:
    from geogrid.incidents.query import FilterValues
    from geogrid.model import Generation
    from geogrid.rules.formulas import Formulas
    from geogrid.services.counting_basis import RestatementGap
    from geogrid.services.figure_tables import FigureTable


@click.command()
@filter_options
@click.option("--by", type=click.Choice([by.value for by in TableGrouping]), help="Group the figures by this field.")
@click.option(
    "--compare",
    type=click.Choice([earlier.value for earlier in ComparisonPeriod]),
    multiple=True,
    help="Compare with the preceding period or the same period of the previous year; can be repeated.",
)
@click.option("--format", "file_format", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
@generation_options
def kpi(
    values: FilterValues,
    by: str | None,
    compare: tuple[str, ...],
    file_format: str,
    as_of: str | None,
    number: int | None,
) -> None:
    """Count received, handled and closed incidents, with all rates. 统计受理、办结与各项比率。

    Incidents are counted by the grids of the active generation. With --as-of or --generation all are counted by another
    one. Both require a restatement with "geogrid reassign" if the grids have changed. Figures of closed months are
    those of the closing.

    \b
    geogrid kpi --from 2022-01-01 --to 2022-06-30
    geogrid kpi --from 2022-03-01 --to 2022-03-31 --by street --compare before --format csv
    geogrid kpi --category Z06 --street 140213050 --status open
    geogrid kpi --as-of 2027-01-01
    """  # noqa: D301 - click keeps the line breaks after \b
    formulas = load_formulas()
    rows = TableGrouping(by) if by else None
    days = (values.first, values.last)
    with open_store() as store:
        check_values(store, load_rules(), values)
        generation = select_generation(store, as_of, number)
        basis = CountingBasis(generation.id) if generation else find_basis(store)
        if basis.generation and not generation:
            generation = get_generation(store, basis.generation)
        incident_filter = values.filter(basis.generation)
        earlier = [ComparisonPeriod(word) for word in compare]
        table = build_figure_table(store, formulas, incident_filter, days, by=rows, compare=earlier)
        shown = generation or generation_at(store)
        provenance = incident_provenance(
            store,
            incident_filter,
            load_rules(),
            days=days,
            generation=shown,
            synthetic=bool(table.total.counts["synthetic"]) or shown.synthetic,
            formulas=formulas.version,
            language=Language.EN,
        )
        provenance = table.correct_provenance(provenance)
    if basis.gap:
        click.echo(_describe_gap(basis.gap), err=True)
    if file_format == "csv":
        click.echo(format_csv(table, rows, provenance), nl=False)
    elif file_format == "json":
        described = {"generation": asdict(generation) if generation else None}
        print_json(format_json(table, formulas, provenance) | described)
    else:
        _print_text(table, formulas, generation)


def _describe_gap(gap: RestatementGap) -> str:
    return (
        f"{gap.missing:,} incidents are counted by grids of an earlier generation; figures by area do not fit "
        f"generation {gap.generation}. {gap.missing:,} 件事件仍按旧版网格计数，分区数字不准确。 "
        f"Run 请运行: {gap.command}"
    )


def _print_text(table: FigureTable, formulas: Formulas, generation: Generation | None) -> None:
    for line in format_total(table.total, formulas):
        click.echo(line)
    if generation:
        click.echo(f"restated by generation 按图层版本重新统计 {generation.id}: {generation.label}")
    for line in format_closing(table):
        click.echo(line)
    if table.total.counts["synthetic"]:
        click.echo(f"synthetic incidents included 其中合成示意 {table.total.counts['synthetic']:,}")
    if table.rows:
        click.echo()
        for line in format_rows(table, formulas):
            click.echo(line)
