"""The queue at the desk: its lines, its filters, and how each lies to its due time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Level, Triage, Urgency
from geogrid_maps.desk import categories, render
from geogrid_maps.desk_texts import desk_text
from geogrid_maps.formatting import name_of
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Owner
    from geogrid.model import Incident
    from geogrid.services.queue import Queue
    from geogrid_maps.district_shapes import DistrictShapes

#: Each with a sign of its own, so that the colour is not all that tells them apart.
SIGNS: Final = {Urgency.OVERDUE: "▲", Urgency.NEARLY_DUE: "◆", Urgency.ON_TIME: "○"}


#: Of so many days nobody asks how many hours come on top.
_DAYS_ALONE: Final = 30


@dataclass(frozen=True, slots=True)
class QueueRow:
    """An incident in the queue.

    Attributes
    ----------
    id, version
        Its number and its version.
    category, status, department, place
        In words.
    urgency, sign, due, left
        How it lies to the due time of its stage: a word for programs, a sign, the moment, and how long that is.
    triage
        Why somebody has to settle its place, in words; empty where that is settled.
    lon, lat
        WGS 84 degrees.
    synthetic
        Whether it is made up.
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
    """Return the queue's list.

    Parameters
    ----------
    queue, rules, owner_of, now
        What waits, the rules in force, who answers for an incident, and the present moment.
    language
        Of the page.
    asked, cursor
        The filters that are on, and where in the queue this part begins.
    """
    return render(
        "desk_queue.html",
        language,
        home="/desk",
        lines=[line_of(incident, rules, owner_of(incident), now, language) for incident in queue.page.items],
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
    """Return the list of a telephone: what is one's own to do now, and what waits for others.

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
            [line_of(incident, rules, owner_of(incident), now, language) for incident in queue.page.items],
            _counts(queue, language),
        )
        for name, title, queue in (
            ("mine", desk_text("mine", language), mine),
            ("others", desk_text("others", language), others),
        )
    ]
    return render("desk_phone_queue.html", language, home="/m", parts=parts, asked=dict(asked))


def _counts(queue: Queue, language: Language) -> list[tuple[str, str, str, int]]:
    """Return how many wait by urgency: its code, sign and name, and the number."""
    counts = {urgency: sum(found.get(urgency, 0) for found in queue.counts.values()) for urgency in SIGNS}
    return [(urgency.value, SIGNS[urgency], desk_text(urgency.value, language), counts[urgency]) for urgency in SIGNS]


def line_of(incident: Incident, rules: RuleSet, owner: Owner | None, now: datetime, language: Language) -> QueueRow:
    """Return an incident as a line of the queue."""
    progress, report = incident.progress, incident.report
    category = rules.categories.get(report.category)
    urgency = urgency_of(incident, now)
    due = progress.stage_due_at
    return QueueRow(
        id=incident.id,
        version=progress.version,
        category=name_of(category, language) if category else report.category,
        status=name_of(rules.workflow.states[progress.status], language),
        department=progress.department or "",
        place=f"{owner.street.name} · {owner.community.name}" if owner else "",
        urgency=urgency.value if urgency else "",
        sign=SIGNS[urgency] if urgency else "",
        due=_moment(due, now) if due else "",
        left=_length(abs(due - now), language) if due else "",
        triage=text(f"triage_{progress.triage}", language) if progress.triage else "",
        lon=incident.placement.wgs84.lon,
        lat=incident.placement.wgs84.lat,
        synthetic=report.synthetic,
    )


def urgency_of(incident: Incident, now: datetime) -> Urgency | None:
    """Return how an incident lies to the due time of its stage; None where no clock runs."""
    due, warn = incident.progress.stage_due_at, incident.progress.warn_at
    if due is None:
        return None
    if due < now:
        return Urgency.OVERDUE
    return Urgency.NEARLY_DUE if (warn or due) <= now else Urgency.ON_TIME


def _moment(moment: datetime, now: datetime) -> str:
    """Return a moment; its year is told where it is another one."""
    local = moment.astimezone(LOCAL_ZONE)
    return local.strftime("%m-%d %H:%M" if local.year == now.astimezone(LOCAL_ZONE).year else "%Y-%m-%d")


def _length(length: timedelta, language: Language) -> str:
    minutes = int(length.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    words = ("天", "小时", "分") if language is Language.ZH else (" d", " h", " min")
    if days >= _DAYS_ALONE:
        return f"{days}{words[0]}"
    if days:
        return f"{days}{words[0]} {hours}{words[1]}"
    return f"{hours}{words[1]} {rest}{words[2]}" if hours else f"{rest}{words[2]}"


def filters(rules: RuleSet, backdrop: DistrictShapes, language: Language) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the filters of the queue: a label and the choices of each, by their names in addresses."""
    states = rules.workflow.states
    return {
        "status": (
            text("status", language),
            {code.value: name_of(state, language) for code, state in states.items() if state.due},
        ),
        "urgency": (
            desk_text("urgency", language),
            {one.value: f"{SIGNS[one]} {desk_text(one.value, language)}" for one in SIGNS},
        ),
        "level": (text("level", language), {level.value: text(f"level_{level}", language) for level in Level}),
        "street": (text("street", language), {area.code: area.name for area in backdrop.streets}),
        "category": (text("category", language), categories(rules, language)),
        "department": (text("department", language), {name: name for name in sorted(rules.departments)}),
        "triage": (
            desk_text("triage_filter", language),
            {one.value: text(f"triage_{one}", language) for one in Triage},
        ),
    }
