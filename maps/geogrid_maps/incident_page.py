"""The page of one incident: status, location, and the history of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.incidents.part_records import PartAction
from geogrid.incidents.recalculation import RECALCULATE
from geogrid.model import ENDED_STATUSES, IncidentStatus, PhotoKind
from geogrid.permissions import load_roles
from geogrid.privacy import mask_actor, mask_personal
from geogrid.rules.vocabulary import name_code
from geogrid_maps.category_choices import name_with_path
from geogrid_maps.desk_level_choices import format_limit
from geogrid_maps.formatting import division_names, name_of, to_the_minute
from geogrid_maps.map_page import ENVIRONMENT
from geogrid_maps.step_details import details_of
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Owner
    from geogrid.model import Incident, Progress, Step

#: Steps outside the workflow: they create an incident, or follow from a step of another one or from a new calendar.
_OTHER_STEPS: Final = (
    *("report", "report_handled", "import", "absorb", "release", "restore", RECALCULATE),
    *PartAction,
)


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """A step as text.

    Attributes
    ----------
    number, at
        Number and time of the step.
    action, who, role
        Action, user and role.
    way
        Old and new status; empty without a change.
    note
        Note, with telephone and identity numbers masked.
    facts
        Label and text of each detail.
    photos
        Ids of the photos, with their captions.
    late
        Whether the step came after the due time of the incident.
    """

    number: int
    at: str
    action: str
    who: str
    role: str
    way: str
    note: str
    facts: tuple[tuple[str, str], ...]
    photos: Mapping[int, str]
    late: bool


@dataclass(frozen=True, slots=True)
class RelatedIncidents:
    """The parts of a split incident, and for a part the ids of the photos of its whole."""

    parts: Sequence[Incident] = ()
    whole_photos: Sequence[int] = ()


NONE_RELATED: Final = RelatedIncidents()


@dataclass(frozen=True, slots=True)
class PartLine:
    """A part of a split incident as text."""

    id: int
    number: int
    department: str
    category: str
    status: str
    due: str


def history_page(
    incident: Incident,
    steps: Sequence[Step],
    rules: RuleSet,
    owner: Owner | None,
    language: Language,
    *,
    whole: bool,
    desk: str | None = None,
    reads_ledger: bool = False,
    related: RelatedIncidents = NONE_RELATED,
) -> str:
    """Return the page of an incident.

    Parameters
    ----------
    incident, steps
        The incident and its steps.
    rules
        The active rules.
    owner
        Grid of the incident and the areas it belongs to; None outside all grids.
    language
        Language of the labels.
    whole
        False masks the names of people.
    desk
        URL path where the user can take steps; None for no link.
    reads_ledger
        Whether the user may read the ledger.
    related
        Parts of the incident, or photos of its whole.
    """
    states = {code: name_of(state, language) for code, state in rules.workflow.states.items()}
    return ENVIRONMENT.get_template("timeline.html").render(
        incident=incident,
        status=states[incident.progress.status],
        facts=facts_of(incident, rules, owner, language),
        entries=entries_of(incident, steps, rules, language, whole=whole),
        synthetic=incident.report.synthetic,
        desk=desk,
        reads_ledger=reads_ledger,
        parts=parts_of(related, rules, language),
        whole_photos=related.whole_photos,
        ended=incident.progress.status in ENDED_STATUSES,
        district=rules.profile.district.label(language),
        language=language,
        other=Language.EN if language is Language.ZH else Language.ZH,
        t=lambda key: text(key, language),
    )


def parts_of(related: RelatedIncidents, rules: RuleSet, language: Language) -> list[PartLine]:
    """Return the parts of an incident as text."""
    lines = []
    for incident in related.parts:
        progress, category = incident.progress, rules.categories.nodes.get(incident.report.category)
        lines.append(
            PartLine(
                id=incident.id,
                number=progress.part or 0,
                department=progress.department or "",
                category=name_of(category, language) if category else incident.report.category,
                status=name_of(rules.workflow.states[progress.status], language),
                due=to_the_minute(progress.current_due_at),
            )
        )
    return lines


def part_label(progress: Progress, language: Language) -> str:
    """Return the number of a part and the id of its whole as text; empty for an incident that is no part."""
    if progress.part_of is None:
        return ""
    return text("part_number", language).format(n=progress.part, incident=progress.part_of)


def entries_of(
    incident: Incident, steps: Sequence[Step], rules: RuleSet, language: Language, *, whole: bool
) -> list[HistoryItem]:
    """Return the steps of an incident as text; see `history_page`."""
    states = {code: name_of(state, language) for code, state in rules.workflow.states.items()}
    return [_entry(step, incident, rules, states, language, whole=whole) for step in steps]


def facts_of(incident: Incident, rules: RuleSet, owner: Owner | None, language: Language) -> list[tuple[str, str]]:
    """Return label and text of each fact of an incident; see `history_page`."""
    report, progress = incident.report, incident.progress
    given = f"{report.point.lon:.6f}, {report.point.lat:.6f} ({report.datum})"
    rows = {
        "category": f"{report.category} {name_with_path(rules.categories, report.category, language)}",
        "description": mask_personal(report.description),
        "source": name_code(rules.profile.sources, report.source, language),
        "reported_at": to_the_minute(report.reported_at),
        "place": " · ".join([*division_names(owner), f"{owner.grid.name} {owner.grid.code}"]) if owner else "",
        "point": given,
        "triage" if progress.triage_blocks else "triage_hint": triage_text(progress, language),
        "department": progress.department or "",
        "level": name_code(rules.profile.levels, progress.level, language),
        "stage_due_at": to_the_minute(progress.stage_due_at),
        "limit": describe_limit(incident, rules, language),
        "due_at": format_due_time(progress.due_at, progress, language),
        "close_due_at": format_due_time(progress.close_due_at, progress, language),
        "reopened_due_at": format_due_time(progress.reopened_due_at, progress, language),
        "extensions": str(progress.extensions or ""),
        "reworks": str(progress.reworks or ""),
        "reopened": str(progress.reopened or ""),
        "merged_into": str(progress.merged_into or ""),
        "on_spot": text(f"on_spot_{progress.on_spot}", language) if progress.on_spot else "",
        "part_of": part_label(progress, language),
    }
    return [(text(key, language), value) for key, value in rows.items() if value]


def describe_limit(incident: Incident, rules: RuleSet, language: Language) -> str:
    """Return the time limit of handling that the rules give an incident, and which rule gives it; empty without one."""
    report, progress = incident.report, incident.progress
    if progress.due_at is None or report.category not in rules.categories:
        return ""
    limits = rules.choose_limits(report, incident.placement)
    limit = format_limit(limits.handle_limit(progress.clock_level or progress.level), language)
    given = [] if limits.code == report.category else [name_with_path(rules.categories, limits.code, language)]
    why = " · ".join([*given, *filter(None, [limits.title])])
    return f"{limit} ({text('limit_rule', language)} {why})" if why else limit


def format_due_time(moment: datetime | None, progress: Progress, language: Language) -> str:
    """Return a due time as local time, marked if it is provisional; empty without one."""
    words = to_the_minute(moment)
    return f"{words} ({text('provisional', language)})" if words and progress.due_provisional else words


def triage_text(progress: Progress, language: Language) -> str:
    """Return the doubt about a location as text, with its effect if it is a hint; empty without a doubt."""
    if progress.triage is None:
        return ""
    return text(f"triage_{progress.triage}" if progress.triage_blocks else f"triage_{progress.triage}_hint", language)


def _entry(
    step: Step,
    incident: Incident,
    rules: RuleSet,
    states: Mapping[IncidentStatus, str],
    language: Language,
    *,
    whole: bool,
) -> HistoryItem:
    transition = rules.workflow.transitions.get(step.action)
    action = name_of(transition, language) if transition else step.action
    if step.action in _OTHER_STEPS:
        action = text(f"step_{step.action}", language)
    due = incident.progress.due_at
    return HistoryItem(
        number=step.number,
        at=to_the_minute(step.at),
        action=action,
        who=step.actor if whole else mask_actor(step.actor_id, step.actor),
        role=name_of(role, language) if (role := load_roles().get(step.role)) else text("by_rule", language),
        way=_way(step, states),
        note=mask_personal(step.note),
        facts=tuple(details_of(step, rules, language)),
        photos=_caption_photos(step, language),
        late=due is not None and step.at > due and step.to_status is not IncidentStatus.CLOSED,
    )


def _caption_photos(step: Step, language: Language) -> dict[int, str]:
    """Return the captions of the photos of a step by id: whether they show before or after the handling, if known."""
    captions = {number: text("photo", language) for number in step.details.get("photos", ()) if isinstance(number, int)}
    before = dict.fromkeys(step.details.get(PhotoKind.BEFORE, ()), text("photo_before", language))
    after = dict.fromkeys(step.details.get(PhotoKind.AFTER, ()), text("photo_after", language))
    return captions | before | after


def _way(step: Step, states: Mapping[IncidentStatus, str]) -> str:
    if step.from_status in (None, step.to_status):
        return ""
    return f"{states[step.from_status]} → {states[step.to_status]}"
