"""An incident at the desk, with a form for each step that the user can take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.incidents.actionable_filter import FORWARD_ACTIONS
from geogrid.model import Urgency
from geogrid.rules.incident_workflow import ClockAction, RequiredInput
from geogrid.services.incident_parts import MAX_PARTS
from geogrid_maps import desk_level_choices
from geogrid_maps.desk import categories, render
from geogrid_maps.desk_queue import queue_row
from geogrid_maps.desk_report import DATUMS
from geogrid_maps.desk_texts import desk_text
from geogrid_maps.formatting import name_of, to_the_minute
from geogrid_maps.incident_page import NONE_RELATED, entries_of, facts_of, parts_of, triage_text
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from geogrid.incidents.duplicates import Duplicate
    from geogrid.incidents.location_assessment import CandidateGrid
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Owner
    from geogrid.model import Incident, Step, Whistle
    from geogrid.rules.incident_workflow import Transition
    from geogrid.services.location_review import Candidates
    from geogrid_maps.desk_error_texts import Refused
    from geogrid_maps.incident_page import RelatedIncidents


@dataclass(frozen=True, slots=True)
class Choices:
    """Choices that the forms of some steps need.

    Attributes
    ----------
    candidates
        Possible grids of the incident.
    duplicates
        Possible duplicates.
    whistles, unrated, cards
        Id and text of the whistles to join, the whistles to rate, and the cards to answer.
    unanswered
        The whistles to which the called department has not reported in.
    """

    candidates: Candidates | None = None
    duplicates: Sequence[Duplicate] = ()
    whistles: Mapping[int, str] | None = None
    unrated: Mapping[int, str] | None = None
    cards: Mapping[int, str] | None = None
    unanswered: Sequence[Whistle] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a step.

    Attributes
    ----------
    action, name
        Action and its name.
    fields
        Names of the fields.
    outcomes, mediations, numbers, levels
        Choices of outcome, of the kind of mediation, of whistle or card, and of level; empty without.
    open
        Whether the form is expanded: the next step.
    """

    action: str
    name: str
    fields: tuple[str, ...]
    outcomes: dict[str, str]
    mediations: dict[str, str]
    numbers: Mapping[int, str]
    levels: Mapping[str, str]
    open: bool


@dataclass(frozen=True, slots=True)
class SentStep:
    """The fields of a submitted form for a step that the service refused.

    Attributes
    ----------
    fields
        The values by name.
    departments
        The departments to call; a form contains several fields of this name.
    """

    fields: Mapping[str, str]
    departments: Sequence[str] = ()

    @property
    def action(self) -> str:
        """The action of the step."""
        return self.fields.get("action", "")

    @property
    def version(self) -> int | None:
        """The version of the incident that the user saw, None if the form does not say."""
        version = self.fields.get("version", "")
        return int(version) if version.isascii() and version.isdigit() and len(version) < _MAX_VERSION_DIGITS else None


@dataclass(frozen=True, slots=True)
class UnsavedInput:
    """The text that a user has entered for a step that is no longer possible.

    Attributes
    ----------
    action, name
        Action of the step, and its name in the language of the page.
    text
        The entered values, one a line.
    """

    action: str
    name: str
    text: str


def collect_unsaved_input(sent: SentStep, rules: RuleSet, language: Language) -> UnsavedInput | None:
    """Return the text entered for a refused step, so that the page shows it for copying; None without any text."""
    values = [sent.fields.get(name, "").strip() for name in _TEXT_FIELDS]
    entered = "\n".join(filter(None, [*values, "、".join(sent.departments)]))
    if not entered:
        return None
    transition = rules.workflow.transitions.get(sent.action)
    return UnsavedInput(sent.action, name_of(transition, language) if transition else sent.action, entered)


_MAX_VERSION_DIGITS: Final = 10
#: Number of candidate grids that have a key: 1, 2 and 3.
_PICK_KEYS: Final = 3
#: Fields of a step's form whose values the user enters or chooses, in the order in which the page shows them.
_TEXT_FIELDS: Final = (
    *("note", "department", "incident", "category", "description", "coordinates", "grid"),
    *(f"{name}-{number}" for number in range(1, MAX_PARTS + 1) for name in ("department", "category", "note")),
)

#: Fields of the steps that have their own route.
_FIELDS: Final = {
    "split": ("parts", "remark"),
    "whistle": ("departments", "note"),
    "report_in": ("number", "note", "joined"),
    "rate": ("number", "rating", "note"),
    "supervise": ("note",),
    "answer": ("number", "note"),
}


def forms_of(
    incident: Incident,
    found: Sequence[Transition],
    choices: Choices,
    rules: RuleSet,
    language: Language,
    now: datetime,
) -> list[Form]:
    """Return the forms of the steps that the user can take, the next step first; see `incident_part`."""
    numbers = {"report_in": choices.whistles, "rate": choices.unrated, "answer": choices.cards}
    offered = [
        step
        for step in found
        if (step.via is None or step.action in _FIELDS) and (step.action not in numbers or numbers[step.action])
    ]
    actions = [step.action for step in offered]
    # Location review is the next step only if the incident waits for it.
    leads_on = [action for action in FORWARD_ACTIONS if action != "place" or incident.progress.triage_blocks]
    following = next((action for action in leads_on if action in actions), None)
    forms = [
        Form(
            action=step.action,
            name=name_of(step, language),
            fields=_fields(step),
            outcomes={code: name_of(ending, language) for code, ending in step.outcomes.items()},
            mediations={code: name_of(kind, language) for code, kind in step.mediations.items()},
            numbers=numbers.get(step.action) or {},
            levels=_levels(step, incident, rules, language, now),
            open=step.action == following,
        )
        for step in offered
    ]
    return sorted(forms, key=lambda form: not form.open)


def _levels(step: Transition, incident: Incident, rules: RuleSet, language: Language, now: datetime) -> dict[str, str]:
    """Return the levels that a step can set, with time limits while none is running."""
    progress, limits = incident.progress, None
    if progress.due_at is None and incident.report.category in rules.categories:
        limits = rules.choose_limits(incident.report, incident.placement)
    if step.raises_level:
        return desk_level_choices.choices(rules, limits, language, above=progress.level)
    since = now if step.clock is ClockAction.START else None
    return desk_level_choices.choices(rules, limits, language, since=since)


def _fields(step: Transition) -> tuple[str, ...]:
    if step.action in _FIELDS:
        return _FIELDS[step.action]
    needs = tuple(need.value for need in step.needs if need is not RequiredInput.NOTE)
    if step.raises_level or RequiredInput.DEPARTMENT in step.needs:
        needs = (*needs, "level")
    # The note is optional unless the workflow requires it.
    return (*needs, "note" if RequiredInput.NOTE in step.needs else "remark")


def _describe_whistle(whistle: Whistle, now: datetime, language: Language) -> str:
    """Return the department of an unanswered whistle, its due time, and whether it is overdue, as text."""
    late = f" · {desk_text(Urgency.OVERDUE.value, language)}" if whistle.due_at < now else ""
    return f"{whistle.department} · {text('whistle_due_at', language)} {to_the_minute(whistle.due_at)}{late}"


def _list_picks(incident: Incident, forms: Sequence[Form], choices: Choices) -> Sequence[CandidateGrid]:
    """Return the candidate grids that a key each selects, while the location is in doubt and the user can settle it."""
    can_settle = incident.progress.triage and any(form.action == "place" for form in forms)
    return choices.candidates.possible[:_PICK_KEYS] if can_settle and choices.candidates else ()


def incident_part(
    incident: Incident,
    steps: Sequence[Step],
    rules: RuleSet,
    owner: Owner | None,
    language: Language,
    *,
    now: datetime,
    whole: bool,
    found: Sequence[Transition],
    choices: Choices,
    refused: Refused | None = None,
    sent: SentStep | None = None,
    said: str = "",
    related: RelatedIncidents = NONE_RELATED,
) -> str:
    """Return an incident with its history and the steps that the user can take, as HTML.

    Parameters
    ----------
    incident, steps, rules, owner, language, whole
        As for `geogrid_maps.incident_page.history_page`.
    now
        Current time.
    found, choices
        The steps, and the choices of their forms.
    refused, sent
        Error of the last step, and the contents of its form.
    said
        Message about the last step; may be empty.
    related
        Parts of the incident, or photos of its whole.
    """
    forms = forms_of(incident, found, choices, rules, language, now)
    entries = entries_of(incident, steps, rules, language, whole=whole)
    impossible = sent is not None and sent.action not in {form.action for form in forms}
    seen = sent.version if sent else None
    return render(
        "desk_incident.html",
        language,
        incident=incident,
        line=queue_row(incident, rules, owner, now, language),
        facts=facts_of(incident, rules, owner, language),
        entries=entries,
        doubt=triage_text(incident.progress, language),
        picks=_list_picks(incident, forms, choices),
        meanwhile=[entry for entry in entries if entry.number > seen] if seen is not None else [],
        forms=forms,
        choices=choices,
        departments=sorted(rules.departments),
        unanswered=[_describe_whistle(whistle, now, language) for whistle in choices.unanswered],
        categories=categories(rules.categories.offered, rules.categories, language),
        datums={name: words[language is Language.EN] for name, words in DATUMS.items()},
        refused=refused,
        sent=sent,
        parts=parts_of(related, rules, language),
        whole_photos=related.whole_photos,
        max_parts=MAX_PARTS,
        unsaved=collect_unsaved_input(sent, rules, language) if sent and impossible else None,
        said=said,
    )
