"""What is done at the desk: a report from a form, and steps from small forms."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import GeogridError, InputError
from geogrid.incidents.transitions import Wish
from geogrid.model import IncidentStatus, Level, Point, Report
from geogrid.rules.workflow import Need
from geogrid.services import cards, incident_steps, photos, whistles
from geogrid.services.idempotency import Once, RepeatedRequest
from geogrid.services.incidents import receive_report
from geogrid_api.dependencies import named_datum
from geogrid_api.desk_fragments import decimal_of, number_of, source_of
from geogrid_maps.desk_texts import desk_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.constants import Language
    from geogrid.model import Actor, Incident
    from geogrid.services.incidents import Receipt
    from geogrid_api.dependencies import AppState

_MAX_KEY: Final = 60


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it was sent: its fields, those that were chosen several times, and the pictures with it."""

    fields: Mapping[str, str]
    departments: Sequence[str]
    pictures: Sequence[bytes]

    def get(self, name: str) -> str:
        """Return a field without spaces around it; an empty text where it was not sent."""
        return self.fields.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class FormResult:
    """The incident that a report has become, and what stood in the way of what was to be done with it at once."""

    number: int
    error: GeogridError | None = None


def report(house: AppState, actor: Actor, sent: Sent, lang: Language) -> FormResult:
    """Keep a report, with its pictures; dispatch or raise it where that is asked.

    Raises
    ------
    GeogridError
        If it cannot be kept. What fails afterwards is told in the answer, for the report is there.
    """
    made = _report_of(house, sent)
    key = sent.get("key")[:_MAX_KEY]
    once = Once(key, _fingerprint(sent), _rendered) if key.isascii() and key else None
    snapshot = house.snapshots.current
    try:
        receipt = receive_report(
            house.store, snapshot.locator, house.rules, made, actor, themes=snapshot.themes, once=once
        )
    except RepeatedRequest as repeated:
        # Sent twice: the first one is there, and what was to be done with it has been done.
        return FormResult(int(json.loads(repeated.answer)["id"]))
    number = receipt.incident.id
    try:
        for picture in sent.pictures:
            photos.add_photo(house.store, actor, number, picture)
        _settle(house, actor, receipt.incident, sent, lang)
    except GeogridError as error:
        return FormResult(number, error)
    return FormResult(number)


def step(house: AppState, actor: Actor, number: int, sent: Sent) -> None:
    """Take a step that a form asks for.

    Raises
    ------
    GeogridError
        If it cannot be taken.
    """
    action, note = sent.get("action"), sent.get("note")
    version = number_of(sent.get("version"), "version")
    store, locator, rules = house.store, house.snapshots.current.locator, house.rules
    if action == "whistle":
        whistles.blow(store, locator, rules, actor, number, sent.departments, note=note, version=version)
    elif action == "report_in":
        chosen, joined = number_of(sent.get("number"), "number"), bool(sent.get("joined"))
        whistles.report_in(store, locator, rules, actor, chosen, answer=note, joined=joined)
    elif action == "rate":
        chosen, rating = number_of(sent.get("number"), "number"), number_of(sent.get("rating"), "rating")
        whistles.rate(store, locator, rules, actor, chosen, rating=rating, note=note)
    elif action == "supervise":
        cards.order_card(store, locator, rules, actor, number, reason=note)
    elif action == "answer":
        cards.answer_card(store, locator, rules, actor, number_of(sent.get("number"), "number"), answer=note)
    else:
        wish = _wish(house, actor, number, sent)
        incident_steps.take_step(store, locator, rules, actor, number, wish, version=version)


def _wish(house: AppState, actor: Actor, number: int, sent: Sent) -> Wish:
    """Return the step that a form asks for, of what it needs alone."""
    transition = house.rules.workflow.transitions.get(sent.get("action"))
    needs = transition.needs if transition else ()
    kept = [photos.add_photo(house.store, actor, number, picture).id for picture in sent.pictures]
    incident = sent.get("incident")
    return Wish(
        sent.get("action"),
        note=sent.get("note"),
        department=(sent.get("department") or None) if Need.DEPARTMENT in needs else None,
        incident=number_of(incident, "incident") if Need.INCIDENT in needs and incident else None,
        grid=(sent.get("grid") or None) if Need.GRID in needs else None,
        level=_level(sent) if transition and (transition.raises_level or Need.DEPARTMENT in needs) else None,
        outcome=(sent.get("outcome") or None) if Need.OUTCOME in needs else None,
        photos=tuple(kept),
    )


def _settle(house: AppState, actor: Actor, incident: Incident, sent: Sent, lang: Language) -> None:
    """File and dispatch what has just come in, unless a rule has; or raise it to the level that was chosen."""
    progress, level = incident.progress, _level(sent)
    wishes: list[Wish] = []
    if sent.get("then") == "dispatch" and progress.status is IncidentStatus.REPORTED:
        department = sent.get("department") or progress.department
        wishes = [Wish("file"), Wish("dispatch", department=department, level=level)]
    elif level not in (None, progress.level):
        wishes = [Wish("escalate", note=desk_text("level_note", lang), level=level)]
    for wish in wishes:
        incident_steps.take_step(house.store, house.snapshots.current.locator, house.rules, actor, incident.id, wish)


def _level(sent: Sent) -> Level | None:
    level = sent.get("level")
    if level and level not in set(Level):
        raise InputError("There is no such level.", code="level_unknown", field="level")
    return Level(level) if level else None


def _report_of(house: AppState, sent: Sent) -> Report:
    if not (sent.get("lon") and sent.get("lat")):
        raise InputError("The report has no place.", code="place_wanted", field="lon")
    accuracy = sent.get("accuracy_m")
    return Report(
        reported_at=datetime.now(UTC),
        category=sent.get("category"),
        source=source_of(sent.get("source")),
        point=Point(decimal_of(sent.get("lon"), "lon"), decimal_of(sent.get("lat"), "lat")),
        datum=named_datum(sent.get("point_datum") or None, house.settings),
        description=_description(sent),
        accuracy_m=decimal_of(accuracy, "accuracy_m") if accuracy else None,
    )


def _description(sent: Sent) -> str:
    """Return what was said, with the place as it was named and whom to call back; numbers are masked where it shows."""
    parts = {"地点": sent.get("place_name"), "反映人": f"{sent.get('caller')} {sent.get('phone')}".strip()}
    told = [f"{label}：{words}" for label, words in parts.items() if words]
    return "\n".join(filter(None, [sent.get("description"), *told]))


def _fingerprint(sent: Sent) -> str:
    told = json.dumps(dict(sent.fields), sort_keys=True).encode()
    return hashlib.sha256(told).hexdigest()


def _rendered(receipt: Receipt) -> str:
    return json.dumps({"id": receipt.incident.id})
