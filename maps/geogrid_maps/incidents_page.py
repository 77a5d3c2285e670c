"""The incidents of the filters as a list, the newest first; each leads to its own page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from geogrid_maps.formatting import name_of, to_the_minute
from geogrid_maps.page import ENVIRONMENT
from geogrid_maps.page_context import FIGURES, INCIDENTS, PageContext, page_values
from geogrid_maps.ui_texts import SOURCES, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from geogrid.constants import Language
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Owner
    from geogrid.model import Category, Incident, IncidentStatus
    from geogrid.services.figures import Kpi
    from geogrid.services.incidents import Page
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident in the list, in words.

    Attributes
    ----------
    id
        Its number.
    reported_at, category, status, place, source, due_at
        Its columns.
    late
        Whether it ought to have been handled by now, and has not been.
    """

    id: int
    reported_at: str
    category: str
    status: str
    place: str
    source: str
    due_at: str
    late: bool


def incidents_page(
    backdrop: DistrictShapes,
    page: Page,
    kpi: Kpi,
    rules: RuleSet,
    owner_of: Callable[[Incident], Owner | None],
    view: View,
    offer: PageContext,
    *,
    now: datetime,
    cursor: str | None,
) -> str:
    """Return the page.

    Parameters
    ----------
    backdrop
        The district.
    page, kpi
        A part of the list, and the key figures of the whole.
    rules, owner_of
        The rules in force, and who answers for an incident.
    view
        What was asked for.
    offer
        What the filters offer.
    now
        The present moment.
    cursor
        What led to this part; None for the first.
    """
    states = {code: name_of(state, view.language) for code, state in rules.workflow.states.items()}
    values = {
        "title": text("incidents_list", view.language),
        "lines": [_line(one, states, rules.categories, owner_of(one), view.language, now) for one in page.items],
        "n": kpi.received,
        "synthetic": bool(kpi.synthetic),
        "figures": f"{FIGURES}?{view.query()}",
        "further": f"{view.query()}&{urlencode({'cursor': page.next})}" if page.next else "",
        "first": view.query() if cursor else None,
    }
    frame = page_values(INCIDENTS, backdrop, view, rules.categories, offer=offer)
    return ENVIRONMENT.get_template("incidents_page.html").render(frame | values)


def _line(
    incident: Incident,
    states: Mapping[IncidentStatus, str],
    categories: Mapping[str, Category],
    owner: Owner | None,
    language: Language,
    now: datetime,
) -> IncidentRow:
    report, progress = incident.report, incident.progress
    category = categories.get(report.category)
    due = progress.due_at
    return IncidentRow(
        id=incident.id,
        reported_at=to_the_minute(report.reported_at),
        category=f"{report.category} {name_of(category, language)}" if category else report.category,
        status=states[progress.status],
        place=f"{owner.street.name} · {owner.grid.name}" if owner else text("triage_outside", language),
        source=SOURCES[report.source][language],
        due_at=to_the_minute(due),
        late=bool(due and due < now and progress.handled_at is None and progress.voided_at is None),
    )
