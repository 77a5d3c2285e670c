"""Supervision cards: their content, and the HTML page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.privacy import mask_name, mask_personal
from geogrid.rules.vocabulary import name_code
from geogrid_maps.formatting import division_names, name_of, to_the_minute
from geogrid_maps.incident_page import format_due_time
from geogrid_maps.map_page import ENVIRONMENT
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Owner
    from geogrid.model import Card, Incident

_ZH: Final = Language.ZH


@dataclass(frozen=True, slots=True)
class CardDocument:
    """The content of a card, as text.

    Attributes
    ----------
    title, number, duty
        Kind, number, and the request to the recipient.
    rows
        Label and text of each row.
    answer
        Rows of the answer; empty without one.
    synthetic
        Whether the incident is synthetic.
    language
        Language of the labels.
    """

    title: str
    number: str
    duty: str
    rows: tuple[tuple[str, str], ...]
    answer: tuple[tuple[str, str], ...]
    synthetic: bool
    language: Language


def describe_card(
    card: Card,
    incident: Incident,
    rules: RuleSet,
    owner: Owner | None,
    language: Language = _ZH,
    *,
    whole: bool = True,
) -> CardDocument:
    """Return the content of a card, with telephone and identity numbers masked.

    Parameters
    ----------
    card, incident
        The card and its incident.
    rules
        The active rules.
    owner
        Grid of the incident and the areas it belongs to; None outside all grids.
    language
        Language of the labels.
    whole
        False also masks the names of people.
    """
    zh = language is _ZH
    kind, duty = rules.cards.kinds[card.kind], rules.cards.duty(card)
    category = rules.categories.nodes[incident.report.category]
    state = rules.workflow.states[incident.progress.status]
    rows = {
        "card_to": f"{card.department or '—'} · {name_code(rules.profile.levels, card.level, language)}",
        "incident": f"{incident.id}",
        "category": f"{category.code} {name_of(category, language)}",
        "description": mask_personal(incident.report.description) or "—",
        "place": _place(owner),
        "reported_at": to_the_minute(incident.report.reported_at, "—"),
        "status": name_of(state, language),
        "due_at" if card.whistle is None else "whistle_due_at": _due_time(card, incident, language) or "—",
        "issued_at": to_the_minute(card.issued_at, "—"),
        "issued_by": text("by_rule", language) if card.issued_by == "geogrid" else _person(card.issued_by, whole=whole),
        "reason": mask_personal(card.reason),
        "answer_due_at": to_the_minute(card.answer_due_at, "—"),
    }
    answer = {
        "answered_at": to_the_minute(card.answered_at, "—"),
        "answered_by": _person(card.answered_by or "", whole=whole),
        "answer": mask_personal(card.answer or ""),
    }
    return CardDocument(
        title=name_of(kind, language),
        number=rules.cards.number(card.kind, card.year, card.serial),
        duty=duty.duty if zh else duty.duty_en,
        rows=tuple((text(key, language), value) for key, value in rows.items() if value),
        answer=tuple((text(key, language), value) for key, value in answer.items()) if card.answered_at else (),
        synthetic=incident.report.synthetic,
        language=language,
    )


def card_html(document: CardDocument) -> str:
    """Return a card as an HTML page that prints on one sheet of paper."""
    language = document.language
    return ENVIRONMENT.get_template("card.html").render(document=document, t=lambda key: text(key, language))


def _due_time(card: Card, incident: Incident, language: Language) -> str:
    """Return the due time of a card, marked if the incident has it still and it is provisional."""
    if card.due_at != incident.progress.current_due_at:
        return to_the_minute(card.due_at)
    return format_due_time(card.due_at, incident.progress, language)


def _place(owner: Owner | None) -> str:
    if owner is None:
        return "—"
    return " ".join([*division_names(owner), owner.grid.name, owner.grid.code])


def _person(name: str, *, whole: bool) -> str:
    return name if whole or not name else mask_name(name)
