"""The queue of the desk: rows, filters and urgencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.local_time import local_zone
from geogrid.model import Triage, Urgency
from geogrid.rules.vocabulary import name_codes
from geogrid_maps.category_choices import ChoiceGroup
from geogrid_maps.desk import categories, render
from geogrid_maps.desk_texts import desk_text
from geogrid_maps.formatting import division_names, name_of
from geogrid_maps.incident_page import part_label, triage_text
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Owner
    from geogrid.model import Incident
    from geogrid.services.queue import Queue
    from geogrid_maps.district_shapes import DistrictShapes

#: Signs, so that urgencies differ in more than colour.
SIGNS: Final = {Urgency.OVERDUE: "▲", Urgency.NEARLY_DUE: "◆", Urgency.ON_TIME: "○"}

#: From this number of days on, hours are left out.
_DAYS_ALONE: Final = 30


@dataclass(frozen=True, slots=True)
class QueueRow:
    """An incident in the queue.

    Attributes
    ----------
    id, version
        Id and version of the incident.
    category, status, department, place
        Names.
    urgency, sign, due, left
        Urgency of the current stage as code and sign, its due time, and the time left or overdue.
    triage
        Doubt about the location; empty without one.
    lon, lat
        WGS 84 degrees.
    synthetic
        Whether the incident is synthetic.
    """

    id: int
    version: int
    category: str
    status: str
    department: str
    place: str
    urgency: str
    sign: str
    due: str
    left: str
    triage: str
    lon: float
    lat: float
    synthetic: bool


def queue_part(
    queue: Queue,
    rules: RuleSet,
    owner_of: Callable[[Incident], Owner | None],
    now: datetime,
    language: Language,
    *,
    asked: Mapping[str, str],
    cursor: str | None,
) -> str:
    """Return the queue as HTML.

    Parameters
    ----------
    queue, rules, owner_of, now
        The incidents, the active rules, the grid of an incident, and the current time.
    language
        Language of the page.
    asked, cursor
        The filters, and the cursor of this page of the queue.
    """
    return render(
        "desk_queue.html",
        language,
        home="/desk",
        lines=[queue_row(incident, rules, owner_of(incident), now, language) for incident in queue.page.items],
        counts=_counts(queue, language),
        asked=dict(asked),
        cursor=cursor,
        next=queue.page.next,
    )


def phone_queue_part(
    mine: Queue,
    others: Queue,
    rules: RuleSet,
    owner_of: Callable[[Incident], Owner | None],
    now: datetime,
    language: Language,
    *,
    asked: Mapping[str, str],
) -> str:
    """Return the queue of the phone page as HTML: the user's tasks, and incidents waiting for others.

    Parameters
    ----------
    mine, others
        The two queues.
    rules, owner_of, now, language, asked
        As of `queue_part`.
    """
    parts = [
        (
            name,
            title,
            sum(number for *_, number in _counts(queue, language)),
            [queue_row(incident, rules, owner_of(incident), now, language) for incident in queue.page.items],
            _counts(queue, language),
        )
        for name, title, queue in (
            ("mine", desk_text("mine", language), mine),
            ("others", desk_text("others", language), others),
        )
    ]
    return render("desk_phone_queue.html", language, home="/m", parts=parts, asked=dict(asked))


def _counts(queue: Queue, language: Language) -> list[tuple[str, str, str, int]]:
    """Return code, sign, name and number of incidents of each urgency."""
    counts = {urgency: sum(found.get(urgency, 0) for found in queue.counts.values()) for urgency in SIGNS}
    return [(urgency.value, SIGNS[urgency], desk_text(urgency.value, language), counts[urgency]) for urgency in SIGNS]


def queue_row(incident: Incident, rules: RuleSet, owner: Owner | None, now: datetime, language: Language) -> QueueRow:
    """Return an incident as a row of the queue."""
    progress, report = incident.progress, incident.report
    category = rules.categories.nodes.get(report.category)
    urgency = urgency_of(incident, now)
    due = progress.stage_due_at
    return QueueRow(
        id=incident.id,
        version=progress.version,
        category=name_of(category, language) if category else report.category,
        status=" · ".join(
            filter(None, [name_of(rules.workflow.states[progress.status], language), part_label(progress, language)])
        ),
        department=progress.department or "",
        place=" · ".join(division_names(owner) or [owner.grid.name]) if owner else "",
        urgency=urgency.value if urgency else "",
        sign=SIGNS[urgency] if urgency else "",
        due=_format_time(due, now) if due else "",
        left=_format_duration(abs(due - now), language) if due else "",
        triage=triage_text(progress, language),
        lon=incident.placement.wgs84.lon,
        lat=incident.placement.wgs84.lat,
        synthetic=report.synthetic,
    )


def urgency_of(incident: Incident, now: datetime) -> Urgency | None:
    """Return the urgency of an incident in its current stage; None without a due time."""
    due, warn = incident.progress.stage_due_at, incident.progress.warn_at
    if due is None:
        return None
    if due < now:
        return Urgency.OVERDUE
    return Urgency.NEARLY_DUE if (warn or due) <= now else Urgency.ON_TIME


def _format_time(moment: datetime, now: datetime) -> str:
    """Return a time as local time; in another year as a date."""
    local = moment.astimezone(local_zone())
    return local.strftime("%m-%d %H:%M" if local.year == now.astimezone(local_zone()).year else "%Y-%m-%d")


def _format_duration(length: timedelta, language: Language) -> str:
    minutes = int(length.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    words = ("天", "小时", "分") if language is Language.ZH else (" d", " h", " min")
    if days >= _DAYS_ALONE:
        return f"{days}{words[0]}"
    if days:
        return f"{days}{words[0]} {hours}{words[1]}"
    return f"{hours}{words[1]} {rest}{words[2]}" if hours else f"{rest}{words[2]}"


def filters(rules: RuleSet, shapes: DistrictShapes, language: Language) -> dict[str, tuple[str, list[ChoiceGroup]]]:
    """Return label and choices of each filter of the queue, by parameter name."""
    states, tree = rules.workflow.states, rules.categories
    plain = {
        "status": (
            text("status", language),
            {code.value: name_of(state, language) for code, state in states.items() if state.due},
        ),
        "urgency": (
            desk_text("urgency", language),
            {urgency.value: f"{SIGNS[urgency]} {desk_text(urgency.value, language)}" for urgency in SIGNS},
        ),
        "level": (text("level", language), name_codes(rules.profile.levels, language)),
        "street": (text("street", language), {area.code: area.name for area in shapes.streets}),
        "category": (text("category", language), {}),
        "department": (text("department", language), {name: name for name in sorted(rules.departments)}),
        "triage": (
            desk_text("triage_filter", language),
            {triage.value: text(f"triage_{triage}", language) for triage in Triage},
        ),
    }
    found = {name: (label, [ChoiceGroup("", values)]) for name, (label, values) in plain.items()}
    return found | {"category": (text("category", language), categories(tree.nodes, tree, language))}
