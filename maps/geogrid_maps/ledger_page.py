"""The pages of the three lists, of sites and of inspection rounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from geogrid.ledger.three_lists import TITLES, ListName
from geogrid.model.figures import format_share
from geogrid_maps.admin_page import admin_page
from geogrid_maps.formatting import name_of
from geogrid_maps.ledger_texts import SITE_STATES, kind_name, ledger_text
from geogrid_maps.ledger_view import LedgerView, SiteView, other_language
from geogrid_maps.page_context import LEDGER
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.constants import Language
    from geogrid.ledger.three_lists import Cell, ListTable, Names
    from geogrid.model import LedgerEntry, Round
    from geogrid.services.ledger_lists import LedgerFigures, ListPage
    from geogrid.services.site_figures import RoundFigures, SiteFigures, SitePage
    from geogrid_maps.admin_page import AdminFrame

SITES: Final = f"{LEDGER}/sites"
ROUNDS: Final = f"{LEDGER}/rounds"


@dataclass(frozen=True, slots=True)
class LedgerTab:
    """A link of the navigation between the pages of the ledger."""

    name: str
    address: str
    on: bool


@dataclass(frozen=True, slots=True)
class LedgerChoices:
    """Values of the filters and their names.

    Attributes
    ----------
    streets, departments
        Names of the streets by code, and the departments.
    rounds
        The inspection rounds.
    kinds
        Kinds of sites.
    """

    streets: Mapping[str, str]
    departments: Sequence[str] = ()
    rounds: Sequence[Round] = ()
    kinds: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LedgerField:
    """A select field of the filters: parameter, label, the names of its values, and the selected value."""

    name: str
    label: str
    values: Mapping[str, str]
    selected: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row of a list: id of the entry, its number, the other cells, and whether the entry is past due."""

    id: int
    number: Cell
    cells: tuple[Cell, ...]
    past_due: bool


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A row of the list of sites as text; `entries` is the query of its problems, `synthetic` the mark."""

    code: str
    name: str
    kind: str
    street: str
    community: str
    state: str
    rounds: int
    figures: LedgerFigures
    entries: str
    synthetic: str


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A row of the list of rounds as text, with the queries of the list of entries and of the list of sites."""

    name: str
    days: str
    planned: int
    problem_sites: int
    figures: LedgerFigures
    entries: str
    sites: str
    synthetic: str


@dataclass(frozen=True, slots=True)
class LedgerFrame:
    """Frame of a ledger page: that of the administration area, and the queries of its links.

    Attributes
    ----------
    admin
        Language, user and navigation bar.
    view
        Filters that the links to the three lists keep.
    list_name
        The list that the page shows; None for other pages.
    switch
        Query of the page in the other language; empty for a page without filters.
    """

    admin: AdminFrame
    view: LedgerView
    list_name: ListName | None = None
    switch: str = ""


def render_ledger(template: str, frame: LedgerFrame, **values: Any) -> str:  # noqa: ANN401 - values of templates
    """Return a page of the ledger."""
    language = frame.admin.language
    return admin_page(
        template,
        frame.admin,
        l=lambda key: ledger_text(key, language),
        share=format_share,
        tabs=_tabs(frame),
        switch=frame.switch,
        **values,
    )


def list_page(page: ListPage, view: LedgerView, choices: LedgerChoices, admin: AdminFrame, *, turned: bool) -> str:
    """Return a page of one of the three lists as HTML; `turned` is False on the first page."""
    language = view.language
    frame = LedgerFrame(admin, view, view.list_name, view.query(language=other_language(language)))
    return render_ledger(
        "ledger_list.html",
        frame,
        title=page.table.title,
        view=view,
        fields=_list_fields(view, page.names, choices),
        site=_site_name(page.entries) if view.site else "",
        without_site=view.query(site=None),
        plain=LedgerView(view.list_name, language=language).query(),
        header=page.table.header,
        states=[column == "state" for column in page.table.fields[1:]],
        rows=_rows(page.table, page.entries),
        figures=page.figures,
        past_due=view.query(list_name=ListName.RESPONSIBILITY, past_due=True),
        files={form: view.export_query(form.lower(), view.list_name) for form in ("XLSX", "CSV")},
        all_lists=view.export_query("xlsx", None),
        further=f"{view.query()}&after={page.next}" if page.next else "",
        first=view.query(),
        turned=turned,
    )


def sites_page(
    page: SitePage, view: SiteView, areas: Mapping[str, str], choices: LedgerChoices, admin: AdminFrame, *, turned: bool
) -> str:
    """Return a page of the list of sites as HTML; `areas` are the names of areas by code."""
    language = view.language
    return render_ledger(
        "ledger_sites.html",
        LedgerFrame(admin, LedgerView(language=language), switch=view.query(language=other_language(language))),
        view=view,
        fields=_site_fields(view, areas, choices),
        plain=SiteView(language=language).query(),
        n=page.total,
        rows=[_site_row(row, view, areas) for row in page.items],
        further=f"{view.query()}&after={page.next}".removeprefix("&") if page.next else "",
        first=view.query(),
        turned=turned,
    )


def rounds_page(rounds: Sequence[RoundFigures], language: Language, admin: AdminFrame) -> str:
    """Return the list of rounds as HTML."""
    rows = [_round_row(row, language) for row in rounds]
    return render_ledger("ledger_rounds.html", LedgerFrame(admin, LedgerView(language=language)), rows=rows)


def _tabs(frame: LedgerFrame) -> list[LedgerTab]:
    language, here = frame.admin.language, frame.admin.here
    lists = [
        LedgerTab(TITLES[name][language], f"{LEDGER}?{frame.view.query(list_name=name)}", name is frame.list_name)
        for name in ListName
    ]
    query = SiteView(language=language).query()
    others = [
        LedgerTab(ledger_text(key, language), f"{path}?{query}" if query else path, here == path)
        for key, path in (("sites", SITES), ("rounds", ROUNDS))
    ]
    return [*lists, *others]


def _rows(table: ListTable, entries: Sequence[LedgerEntry]) -> list[ListRow]:
    now = datetime.now(UTC)
    return [
        ListRow(entry.id, row[0], row[1:], past_due=entry.progress.rectified_at is None and entry.problem.due_at < now)
        for row, entry in zip(table.rows, entries, strict=True)
    ]


def _list_fields(view: LedgerView, names: Names, choices: LedgerChoices) -> list[LedgerField]:
    language = view.language
    known: dict[str, dict[str, str]] = {
        "area": dict(choices.streets),
        "category": {code: f"{code} {name_of(one, language)}" for code, one in names.rules.categories.nodes.items()},
        "department": {name: name for name in choices.departments},
        "state": {code.value: name_of(one, language) for code, one in names.rules.ledger.states.items()},
        "round": _round_names(choices),
        "past_due": {"true": ledger_text("past_due", language)},
    }
    labels = {
        "area": text("street", language),
        "category": text("category", language),
        "department": text("department", language),
        "state": ledger_text("state", language),
        "round": ledger_text("round", language),
        "past_due": ledger_text("whether_past_due", language),
    }
    return [_field(name, labels[name], values, view, names.areas) for name, values in known.items()]


def _site_fields(view: SiteView, areas: Mapping[str, str], choices: LedgerChoices) -> list[LedgerField]:
    language = view.language
    known: dict[str, dict[str, str]] = {
        "area": dict(choices.streets),
        "kind": {kind: kind_name(kind, language) for kind in choices.kinds},
        "state": {state.value: names[language] for state, names in SITE_STATES.items()},
        "round": _round_names(choices),
    }
    labels = {
        "area": text("street", language),
        "kind": ledger_text("kind", language),
        "state": ledger_text("site_state", language),
        "round": ledger_text("round", language),
    }
    return [_field(name, labels[name], values, view, areas) for name, values in known.items()]


def _field(
    name: str, label: str, values: dict[str, str], view: LedgerView | SiteView, areas: Mapping[str, str]
) -> LedgerField:
    value = getattr(view, name)
    selected = "" if value in (None, False) else "true" if value is True else str(value)
    # A link can contain a community, or a value that no longer exists.
    if selected:
        values.setdefault(selected, areas.get(selected, selected))
    return LedgerField(name, label, values, selected)


def _round_names(choices: LedgerChoices) -> dict[str, str]:
    return {str(row.id): row.name for row in choices.rounds}


def _site_name(entries: Sequence[LedgerEntry]) -> str:
    return f"{entries[0].site.name} {entries[0].site.code}" if entries else "–"


def _site_row(row: SiteFigures, view: SiteView, areas: Mapping[str, str]) -> SiteRow:
    site, language = row.site, view.language
    street, community = site.place.street_code or "", site.place.community_code or ""
    entries = LedgerView(site=site.id, round=view.round, language=language)
    return SiteRow(
        code=site.code,
        name=site.name,
        kind=kind_name(site.kind, language),
        street=areas.get(street, street),
        community=areas.get(community, community),
        state=SITE_STATES[row.state][language],
        rounds=row.rounds,
        figures=row.figures,
        entries=entries.query(),
        synthetic=_mark(row.figures, site.synthetic, language),
    )


def _round_row(row: RoundFigures, language: Language) -> RoundRow:
    view, sites = LedgerView(round=row.round.id, language=language), SiteView(round=row.round.id, language=language)
    return RoundRow(
        name=row.round.name,
        days=f"{row.round.first} – {row.round.last}",
        planned=row.sites.planned,
        problem_sites=row.sites.with_problems,
        figures=row.figures,
        entries=view.query(),
        sites=sites.query(),
        synthetic=_mark(row.figures, row.round.synthetic, language),
    )


def _mark(figures: LedgerFigures, synthetic: bool, language: Language) -> str:  # noqa: FBT001 - the mark of a row
    """Return the mark of a site or round: of its entries if only some are synthetic, otherwise of the row itself."""
    of_row = text("synthetic", language) if synthetic else ""
    return figures.share.detail(language) or of_row or figures.share.describe(language)
