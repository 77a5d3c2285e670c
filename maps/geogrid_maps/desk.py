"""The dispatch desk: what its pages and their parts show. Text goes through Jinja's escapes, or as JSON into data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from geogrid.access import may
from geogrid.incidents.filters import LOCAL
from geogrid.model import Level, Permission, Role, Source, Triage, Urgency
from geogrid_maps.desk_texts import REFUSALS, say
from geogrid_maps.frame import ENVIRONMENT
from geogrid_maps.texts import SOURCES, text
from geogrid_maps.view import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from geogrid.errors import GeogridError
    from geogrid.incidents.rulebook import Rulebook
    from geogrid.locate.locator import Owner
    from geogrid.model import Actor, FoundPlace, Incident, Point
    from geogrid.services.queue import Queue
    from geogrid_maps.backdrop import Backdrop

#: The datums on offer for coordinates that are pasted; the first is what nobody has chosen.
DATUMS: Final = {
    "": ("请选择", "choose"),
    "gcj02": ("GCJ-02（高德、腾讯、手机）", "GCJ-02 (AMap, Tencent, phones)"),
    "bd09": ("BD-09（百度）", "BD-09 (Baidu)"),
    "wgs84": ("WGS 84", "WGS 84"),
    "cgcs2000": ("CGCS2000", "CGCS2000"),
}
#: Each with a sign of its own, so that the colour is not all that tells them apart.
SIGNS: Final = {Urgency.OVERDUE: "▲", Urgency.NEARLY_DUE: "◆", Urgency.ON_TIME: "○"}


@dataclass(frozen=True, slots=True)
class Line:
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


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something was not done, and what to do about it."""

    title: str
    what: str


def name_of(named: Any, language: Language) -> str:  # noqa: ANN401 - a category, state, transition or outcome
    """Return what something is called in a language."""
    return str(named.name if language is Language.ZH else named.name_en)


def render(template: str, language: Language, **values: object) -> str:
    """Render a template of the desk; its addresses keep the language of the page."""

    def at(path: str, **query: object) -> str:
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        if language is Language.EN:
            asked["lang"] = language.value
        return f"{path}?{urlencode(asked)}" if asked else path

    return ENVIRONMENT.get_template(template).render(
        **values,
        language=language,
        at=at,
        d=lambda key: say(key, language),
        t=lambda key: text(key, language),
    )


def refusal(error: GeogridError, language: Language) -> Refused:
    """Return a refusal in words that help."""
    known = REFUSALS.get(error.code)
    if known:
        return Refused(say("refused", language), known[language])
    return Refused(error.title, f"{error.message} {error.remedy or ''}".strip())


def queue_part(
    queue: Queue,
    rules: Rulebook,
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
    counts = {urgency: sum(found.get(urgency, 0) for found in queue.counts.values()) for urgency in SIGNS}
    return render(
        "desk_queue.html",
        language,
        lines=[line_of(incident, rules, owner_of(incident), now, language) for incident in queue.page.items],
        counts=[(urgency.value, SIGNS[urgency], say(urgency.value, language), counts[urgency]) for urgency in SIGNS],
        asked=dict(asked),
        cursor=cursor,
        next=queue.page.next,
    )


def line_of(incident: Incident, rules: Rulebook, owner: Owner | None, now: datetime, language: Language) -> Line:
    """Return an incident as a line of the queue."""
    progress, report = incident.progress, incident.report
    category = rules.categories.get(report.category)
    urgency = urgency_of(incident, now)
    due = progress.stage_due_at
    return Line(
        id=incident.id,
        version=progress.version,
        category=name_of(category, language) if category else report.category,
        status=name_of(rules.workflow.states[progress.status], language),
        department=progress.department or "",
        place=f"{owner.street.name} · {owner.community.name}" if owner else "",
        urgency=urgency.value if urgency else "",
        sign=SIGNS[urgency] if urgency else "",
        due=due.astimezone(LOCAL).strftime("%m-%d %H:%M") if due else "",
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


def _length(length: timedelta, language: Language) -> str:
    minutes = int(length.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    words = ("天", "小时", "分") if language is Language.ZH else (" d", " h", " min")
    if days:
        return f"{days}{words[0]} {hours}{words[1]}"
    return f"{hours}{words[1]} {rest}{words[2]}" if hours else f"{rest}{words[2]}"


def filters(rules: Rulebook, backdrop: Backdrop, language: Language) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the filters of the queue: a label and the choices of each, by their names in addresses."""
    states = rules.workflow.states
    return {
        "status": (
            text("status", language),
            {code.value: name_of(state, language) for code, state in states.items() if state.due},
        ),
        "urgency": (say("urgency", language), {one.value: f"{SIGNS[one]} {say(one.value, language)}" for one in SIGNS}),
        "level": (text("level", language), {level.value: text(f"level_{level}", language) for level in Level}),
        "street": (text("street", language), {area.code: area.name for area in backdrop.streets}),
        "category": (text("category", language), categories(rules, language)),
        "department": (text("department", language), {name: name for name in sorted(rules.departments)}),
        "triage": (
            say("triage_filter", language),
            {one.value: text(f"triage_{one}", language) for one in Triage},
        ),
    }


def categories(rules: Rulebook, language: Language) -> dict[str, str]:
    """Return the categories by code, each with its code before its name, so that typing either finds it."""
    return {code: f"{code} {name_of(category, language)}" for code, category in rules.categories.items()}


def new_part(
    rules: Rulebook, actor: Actor, language: Language, *, key: str, refused: Refused | None, kept: Mapping[str, str]
) -> str:
    """Return the form of a new report.

    Parameters
    ----------
    rules, actor, language
        The rules in force, who reports, and the language of the page.
    key
        That tells one report from another, so that one that is sent twice is kept once.
    refused, kept
        Why the one before was not taken, and what was written in it.
    """
    return render(
        "desk_new.html",
        language,
        categories=categories(rules, language),
        sources={source.value: SOURCES[source][language] for source in Source if source is not Source.SYSTEM},
        datums={name: words[language is Language.EN] for name, words in DATUMS.items()},
        default_source=Source.PATROL if Role.GRID_WORKER in actor.roles else Source.HOTLINE,
        dispatches=all(actor.roles & rules.workflow.transitions[action].roles for action in ("file", "dispatch")),
        key=key,
        refused=refused,
        kept=dict(kept),
    )


def places_part(
    found: Sequence[FoundPlace], note: str, datum: str, language: Language, *, given: Point | None = None
) -> str:
    """Return what a place box suggests.

    Parameters
    ----------
    found
        The places, the likeliest first.
    note
        What is to be said of them; may be empty.
    datum, given
        Of a point that was pasted: its datum, and the point as it was given.
    language
        Of the page.
    """
    return render("desk_places.html", language, found=found, note=note, datum=datum, given=given)


def page(
    template: str, backdrop: Backdrop, actor: Actor, language: Language, *, areas: str, parts: Mapping[str, object]
) -> str:
    """Return a whole page of the desk: for a dispatcher, or for a telephone.

    Parameters
    ----------
    template
        Which one.
    backdrop, areas
        The district, and the address that its shapes are served at.
    actor
        Whose page.
    language
        Of the page.
    parts
        What stands in it: finished parts, and choices of filters.
    """
    west, south, east, north = backdrop.bounds
    return render(
        template,
        language,
        actor=actor,
        reports=may(actor, Permission.INCIDENTS_REPORT),
        areas=areas,
        bounds=[[south, west], [north, east]],
        synthetic=backdrop.generation.synthetic,
        **parts,
    )
