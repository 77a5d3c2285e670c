"""An incident on one page: where it stands, where it lies, and every step that was taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.model import IncidentStatus
from geogrid.permissions import load_roles
from geogrid.privacy import mask_actor, mask_personal
from geogrid_maps.formatting import name_of, to_the_minute
from geogrid_maps.page import ENVIRONMENT
from geogrid_maps.step_details import details_of
from geogrid_maps.ui_texts import SOURCES, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Owner
    from geogrid.model import Incident, Step

#: Steps that stand in no workflow: they bring an incident, or are taken with another one.
_OTHER_STEPS: Final = ("report", "import", "absorb", "release")


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """A step in words.

    Attributes
    ----------
    number, at
        Its number and moment.
    action, who, role
        What was done, by whom and as what.
    way
        Where the incident stood and stands; empty where it stayed.
    note
        Why, with telephone and identity numbers masked.
    facts
        What else the step says: a label and a text each.
    photos
        The numbers of the photos that show it.
    late
        True where it was taken after the incident ought to have been handled.
    """

    number: int
    at: str
    action: str
    who: str
    role: str
    way: str
    note: str
    facts: tuple[tuple[str, str], ...]
    photos: tuple[int, ...]
    late: bool


def timeline_page(
    incident: Incident,
    steps: Sequence[Step],
    rules: RuleSet,
    owner: Owner | None,
    language: Language,
    *,
    whole: bool,
    desk: str | None = None,
) -> str:
    """Return an incident's page.

    Parameters
    ----------
    incident, steps
        The incident and what was done with it.
    rules
        The rules in use.
    owner
        Of the grid that answers for the incident, for its names; None where there is none.
    language
        Chinese or English; texts from data stay as they are.
    whole
        False masks the names of persons.
    desk
        Where the one who looks may take steps with it; None for no link.
    """
    states = {code: name_of(state, language) for code, state in rules.workflow.states.items()}
    return ENVIRONMENT.get_template("timeline.html").render(
        incident=incident,
        status=states[incident.progress.status],
        facts=facts_of(incident, rules, owner, language),
        entries=entries_of(incident, steps, rules, language, whole=whole),
        synthetic=incident.report.synthetic,
        desk=desk,
        ended=incident.progress.status in (IncidentStatus.CLOSED, IncidentStatus.VOID, IncidentStatus.MERGED),
        language=language,
        other=Language.EN if language is Language.ZH else Language.ZH,
        t=lambda key: text(key, language),
    )


def entries_of(
    incident: Incident, steps: Sequence[Step], rules: RuleSet, language: Language, *, whole: bool
) -> list[HistoryItem]:
    """Return the steps of an incident in words; see `timeline_page`."""
    states = {code: name_of(state, language) for code, state in rules.workflow.states.items()}
    return [_entry(step, incident, rules, states, language, whole=whole) for step in steps]


def facts_of(incident: Incident, rules: RuleSet, owner: Owner | None, language: Language) -> list[tuple[str, str]]:
    """Return what is known of an incident, a label and a text each; see `timeline_page`."""
    report, progress = incident.report, incident.progress
    category = rules.categories.get(report.category)
    given = f"{report.point.lon:.6f}, {report.point.lat:.6f} ({report.datum})"
    rows = {
        "category": f"{report.category} {name_of(category, language) if category else ''}",
        "description": mask_personal(report.description),
        "source": SOURCES[report.source][language],
        "reported_at": to_the_minute(report.reported_at),
        "place": f"{owner.street.name} · {owner.community.name} · {owner.grid.name} {owner.grid.code}" if owner else "",
        "point": given,
        "triage": text(f"triage_{progress.triage}", language) if progress.triage else "",
        "department": progress.department or "",
        "level": text(f"level_{progress.level}", language),
        "stage_due_at": to_the_minute(progress.stage_due_at),
        "due_at": to_the_minute(progress.due_at),
        "close_due_at": to_the_minute(progress.close_due_at),
        "extensions": str(progress.extensions or ""),
        "reworks": str(progress.reworks or ""),
        "merged_into": str(progress.merged_into or ""),
    }
    return [(text(key, language), value) for key, value in rows.items() if value]


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
        photos=tuple(number for number in step.details.get("photos", ()) if isinstance(number, int)),
        late=due is not None and step.at > due and step.to_status is not IncidentStatus.CLOSED,
    )


def _way(step: Step, states: Mapping[IncidentStatus, str]) -> str:
    if step.from_status in (None, step.to_status):
        return ""
    return f"{states[step.from_status]} → {states[step.to_status]}"
