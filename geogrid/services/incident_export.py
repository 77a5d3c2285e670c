"""Export of a filtered list of incidents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.errors import QueryError
from geogrid.incidents.export_columns import ExportNames
from geogrid.incidents.export_writers import IncidentExport, IncidentFormat
from geogrid.model import Layer, Permission
from geogrid.permissions import check_permission
from geogrid.rules.formulas import FigureSide
from geogrid.services.incidents import page_of_choice
from geogrid.services.pagination import MAX_PAGE
from geogrid.services.provenance import incident_provenance
from geogrid.store.audit import add_audit
from geogrid.store.figure_counts import choose_counted
from geogrid.store.generations import generation_at, get_generation
from geogrid.store.incident_conditions import choose
from geogrid.store.incidents import count_incidents
from geogrid.store.layers import area_names
from geogrid.tabular.workbook_writer import MAX_SHEET_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from geogrid.incidents.query import FilterValues, IncidentQuery
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor, Incident
    from geogrid.rules.formulas import Formulas
    from geogrid.store.database import Store
    from geogrid.store.incident_conditions import Choice

_SIDES: Final[Mapping[FigureSide, tuple[str, str]]] = {
    FigureSide.NUMERATOR: ("计入", "counted"),
    FigureSide.DENOMINATOR: ("分母", "denominator"),
    FigureSide.EXCLUDED: ("剔除", "excluded"),
}


@dataclass(frozen=True, slots=True)
class IncidentSelection:
    """The incidents of a list.

    Attributes
    ----------
    values
        The filters as the user states them.
    query
        The same filters within the bounds of the user.
    figure, side
        Only the incidents that this side of a count or rate counts; empty: all.
    """

    values: FilterValues
    query: IncidentQuery
    figure: str = ""
    side: FigureSide = FigureSide.NUMERATOR

    def describe(self) -> str:
        """Return the filters as parameters, for the audit log."""
        figure = {"figure": self.figure, "part": self.side.value} if self.figure else {}
        as_of = {"as_of": self.values.as_of.isoformat()} if self.values.as_of else {}
        return " ".join(f"{name}={value}" for name, value in (self.values.parameters() | as_of | figure).items())


def open_export(
    store: Store,
    rules: RuleSet,
    formulas: Formulas,
    actor: Actor,
    selection: IncidentSelection,
    form: IncidentFormat,
    language: Language,
) -> IncidentExport:
    """Return the incidents of a list for export, and write the export to the audit log.

    The pages are read while the file is written.

    Parameters
    ----------
    store, rules, formulas
        The database, the rules and the formulas of the figures.
    actor
        The user.
    selection
        The list, within the bounds of the user.
    form, language
        Format and language of the file.

    Raises
    ------
    ForbiddenError
        If the actor may not export incidents.
    NotFoundError
        If the figure is unknown.
    QueryError
        If the format cannot hold this many incidents.
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    check_permission(actor, Permission.INCIDENTS_EXPORT)
    selection = replace(selection, query=replace(selection.query, within=actor.bounds))
    now = datetime.now(UTC)
    restated = selection.query.by_generation
    with store.read() as connection:
        counts = count_incidents(connection, _choose(connection, selection, formulas, now))
        generation = generation_at(connection) if restated is None else get_generation(connection, restated)
        areas = area_names(connection, generation, Layer)
    _check_size(counts.received, form)
    with store.write() as connection:
        what = f"{form}, {counts.received} incidents: {selection.describe() or 'all'}"
        add_audit(connection, actor, "incidents.export", what)
    return IncidentExport(
        _read_pages(store, selection, formulas, now),
        ExportNames(language, rules, areas),
        incident_provenance(
            store,
            selection.query,
            rules,
            days=(selection.values.first, selection.values.last),
            generation=generation,
            synthetic=counts.synthetic > 0 or generation.synthetic,
            formulas=formulas.version,
            language=language,
            more=_describe_figure(selection, formulas, language),
        ),
    )


def _choose(connection: Connection, selection: IncidentSelection, formulas: Formulas, now: datetime) -> Choice:
    if not selection.figure:
        return choose(connection, selection.query)
    counts = formulas.counts_of(selection.figure, selection.side)
    return choose_counted(connection, selection.query, counts, now)


def _check_size(incidents: int, form: IncidentFormat) -> None:
    if form is IncidentFormat.XLSX and incidents >= MAX_SHEET_ROWS:
        raise QueryError(
            f"A worksheet holds at most {MAX_SHEET_ROWS - 1:,} incidents.",
            code="too_many",
            field="format",
            remedy="Choose csv or parquet, or narrow the filters.",
        )


def _read_pages(
    store: Store, selection: IncidentSelection, formulas: Formulas, now: datetime
) -> Iterator[Sequence[Incident]]:
    """Yield the incidents newest first, each page in its own transaction: a slow client keeps none open."""
    cursor: str | None = None
    while True:
        with store.read() as connection:
            choice = _choose(connection, selection, formulas, now)
            page = page_of_choice(connection, choice, cursor=cursor, limit=MAX_PAGE)
        if page.items:
            yield page.items
        cursor = page.next
        if cursor is None:
            return


def _describe_figure(selection: IncidentSelection, formulas: Formulas, language: Language) -> tuple[str, ...]:
    if not selection.figure:
        return ()
    named = formulas.rates.get(selection.figure) or formulas.counts[selection.figure]
    zh, en = _SIDES[selection.side]
    return (f"指标：{named.name}（{zh}）" if language is Language.ZH else f"Figure: {named.name_en} ({en})",)
