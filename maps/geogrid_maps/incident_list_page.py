"""The incidents of the filters as a list, the newest first; each leads to its own page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from geogrid.rules.formulas import FigureSide
from geogrid.rules.vocabulary import name_code
from geogrid_maps.filter_panel import Chip
from geogrid_maps.formatting import division_names, name_of, to_the_minute
from geogrid_maps.incident_page import format_due_time, part_label
from geogrid_maps.map_data import MapData
from geogrid_maps.map_page import ENVIRONMENT
from geogrid_maps.map_query import incident_downloads_of
from geogrid_maps.page_context import FIGURES, INCIDENTS, PageContext, page_values
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from geogrid.constants import Language
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Owner
    from geogrid.model import Incident, IncidentStatus
    from geogrid.services.key_figures import Kpi
    from geogrid.services.pagination import Page


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """A row of the list as text; `late` marks incidents that are still to be handled after their limit."""

    id: int
    reported_at: str
    category: str
    status: str
    place: str
    source: str
    due_at: str
    late: bool


@dataclass(frozen=True, slots=True)
class CountedBy:
    """The figure that counts the incidents of a list: how many there are, and its names in Chinese and in English."""

    n: int
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class IncidentListData(MapData):
    """Data of one page of the incident list.

    Attributes
    ----------
    page
        The incidents of this page.
    kpi
        Key figures of the whole list.
    owner_of
        Returns the grid of an incident and the areas it belongs to.
    counted
        Number and name of the figure that the list is limited to; None for all incidents of the filters.
    may_export
        Whether the user may export incidents.
    """

    page: Page[Incident, str]
    kpi: Kpi
    owner_of: Callable[[Incident], Owner | None]
    counted: CountedBy | None = None
    may_export: bool = False


def incidents_page(data: IncidentListData, context: PageContext, *, now: datetime, cursor: str | None) -> str:
    """Return the incident list as HTML.

    Parameters
    ----------
    data
        The incidents and the filters.
    context
        State of the service.
    now
        Time by which incidents are late.
    cursor
        Cursor of this page; None for the first.
    """
    view, page = data.view, data.page
    states = {code: name_of(state, data.language) for code, state in data.rules.workflow.states.items()}
    values = {
        "title": text("incidents_list", data.language),
        "lines": [
            _row(incident, states, data.rules, data.owner_of(incident), data.language, now) for incident in page.items
        ],
        "n": data.counted.n if data.counted else data.kpi.received,
        "synthetic": data.kpi.share(data.shapes.generation).describe(data.language),
        "figures": f"{FIGURES}?{view.query(figure='', part=FigureSide.NUMERATOR)}",
        "further": f"{view.query()}&{urlencode({'cursor': page.next})}" if page.next else "",
        "first": view.query() if cursor else None,
        "downloads": incident_downloads_of(view) if data.may_export else {},
    }
    frame = page_values(INCIDENTS, data, context=context)
    if data.counted:
        label = f"{text('figure_counted', data.language)} {name_of(data.counted, data.language)}"
        frame["chips"] = [*frame["chips"], Chip(label, view.query(figure="", part=FigureSide.NUMERATOR))]
    return ENVIRONMENT.get_template("incidents_page.html").render(frame | values)


def _row(
    incident: Incident,
    states: Mapping[IncidentStatus, str],
    rules: RuleSet,
    owner: Owner | None,
    language: Language,
    now: datetime,
) -> IncidentRow:
    report, progress = incident.report, incident.progress
    category = rules.categories.nodes.get(report.category)
    due = progress.due_at
    return IncidentRow(
        id=incident.id,
        reported_at=to_the_minute(report.reported_at),
        category=f"{report.category} {name_of(category, language)}" if category else report.category,
        status=" · ".join(filter(None, [states[progress.status], part_label(progress, language)])),
        place=" · ".join([*division_names(owner)[:1], owner.grid.name]) if owner else text("triage_outside", language),
        source=name_code(rules.profile.sources, report.source, language),
        due_at=format_due_time(due, progress, language),
        late=bool(due and due < now and progress.handled_at is None and progress.voided_at is None),
    )
