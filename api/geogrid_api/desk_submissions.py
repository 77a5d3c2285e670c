"""Execute the forms of the desk: a report, and the steps of an incident."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import GeogridError, InputError
from geogrid.incidents.correction_values import Correction
from geogrid.incidents.part_records import PartRequest
from geogrid.incidents.transitions import StepRequest
from geogrid.model import IncidentStatus, OnSpot, PhotoKind, Point, Report
from geogrid.places.coordinate_parser import parse_coordinates
from geogrid.rules.incident_workflow import RequiredInput
from geogrid.services import cards, incident_parts, incident_steps, photos, whistles
from geogrid.services.idempotency import IdempotentRequest, RepeatedRequest
from geogrid.services.incidents import receive_report
from geogrid.services.on_spot import HandledReport, SentPhoto, receive_handled_report
from geogrid_api.dependencies import resolve_datum
from geogrid_api.desk_fragments import find_desk_source, parse_decimal, parse_integer
from geogrid_maps.desk_texts import desk_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.constants import Language
    from geogrid.model import Actor, Incident
    from geogrid.services.incidents import Receipt
    from geogrid_api.app_state import AppState

_MAX_KEY: Final = 60


@dataclass(frozen=True, slots=True)
class DeskForm:
    """Submitted form: single fields, selected departments and attached photos; some show before and after."""

    fields: Mapping[str, str]
    departments: Sequence[str]
    photos: Sequence[bytes]
    before: Sequence[bytes] = ()
    after: Sequence[bytes] = ()

    def get(self, name: str) -> str:
        """Return a field without surrounding spaces, or an empty text if it is missing."""
        return self.fields.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class ReportResult:
    """Incident created from a report, whether it was handled on the spot, and the error of a photo or step after it."""

    incident_id: int
    error: GeogridError | None = None
    on_spot: OnSpot | None = None


def submit_report(state: AppState, actor: Actor, form: DeskForm, lang: Language) -> ReportResult:
    """Save a report with its photos, and dispatch or escalate it if the form says so.

    Raises
    ------
    GeogridError
        If the report is invalid. Later errors are returned, because the report has been saved.
    """
    new_report = _make_report(state, form)
    key = form.get("key")[:_MAX_KEY]
    once = IdempotentRequest(key, _fingerprint(form), _render_receipt) if key.isascii() and key else None
    snapshot = state.snapshots.current
    context = state.store, snapshot.locator, state.rules
    try:
        if form.get("on_spot"):
            handled = _make_handled_report(new_report, form)
            receipt = receive_handled_report(*context, handled, actor, themes=snapshot.themes, idempotency=once)
            return ReportResult(receipt.incident.id, on_spot=receipt.incident.progress.on_spot)
        receipt = receive_report(*context, new_report, actor, themes=snapshot.themes, idempotency=once)
    except RepeatedRequest as repeated:
        # The form was submitted twice: the first request has saved the report and taken the steps.
        stored = json.loads(repeated.answer)
        return ReportResult(int(stored["id"]), on_spot=OnSpot(stored["on_spot"]) if stored.get("on_spot") else None)
    incident_id = receipt.incident.id
    try:
        for photo in form.photos:
            photos.add_photo(state.store, actor, incident_id, photo)
        _take_initial_steps(state, actor, receipt.incident, form, lang)
    except GeogridError as error:
        return ReportResult(incident_id, error)
    return ReportResult(incident_id)


def submit_step(state: AppState, actor: Actor, incident_id: int, form: DeskForm) -> None:
    """Take the step that a form selects.

    Raises
    ------
    GeogridError
        If the step is invalid or not allowed.
    """
    action, note = form.get("action"), form.get("note")
    version = parse_integer(form.get("version"), "version")
    store, locator, rules = state.store, state.snapshots.current.locator, state.rules
    if action == "split":
        incident_parts.split_incident(
            store, locator, rules, actor, incident_id, _parse_parts(form), note=note, version=version
        )
    elif action == "whistle":
        whistles.blow_whistle(store, locator, rules, actor, incident_id, form.departments, note=note, version=version)
    elif action == "report_in":
        whistle_id, joined = parse_integer(form.get("number"), "number"), bool(form.get("joined"))
        whistles.report_in(store, locator, rules, actor, whistle_id, answer=note, joined=joined)
    elif action == "rate":
        whistle_id, rating = parse_integer(form.get("number"), "number"), parse_integer(form.get("rating"), "rating")
        whistles.rate_department(store, locator, rules, actor, whistle_id, rating=rating, note=note)
    elif action == "supervise":
        cards.order_card(store, locator, rules, actor, incident_id, reason=note)
    elif action == "answer":
        cards.answer_card(store, locator, rules, actor, parse_integer(form.get("number"), "number"), answer=note)
    else:
        wish = _make_wish(state, actor, incident_id, form)
        incident_steps.take_step(store, locator, rules, actor, incident_id, wish, version=version)


def _make_wish(state: AppState, actor: Actor, incident_id: int, form: DeskForm) -> StepRequest:
    """Return the step that a form selects, with only the fields that the step needs."""
    transition = state.rules.workflow.transitions.get(form.get("action"))
    needs = transition.needs if transition else ()
    photo_ids = [photos.add_photo(state.store, actor, incident_id, photo).id for photo in form.photos]
    incident = form.get("incident")
    return StepRequest(
        form.get("action"),
        note=form.get("note"),
        department=(form.get("department") or None) if RequiredInput.DEPARTMENT in needs else None,
        incident=parse_integer(incident, "incident") if RequiredInput.INCIDENT in needs and incident else None,
        grid=(form.get("grid") or None) if RequiredInput.GRID in needs else None,
        level=(form.get("level") or None)
        if transition and (transition.raises_level or RequiredInput.DEPARTMENT in needs)
        else None,
        outcome=(form.get("outcome") or None) if RequiredInput.OUTCOME in needs else None,
        mediation=(form.get("mediation") or None) if RequiredInput.MEDIATION in needs else None,
        photos=tuple(photo_ids),
        correction=_make_correction(state, form) if RequiredInput.CORRECTION in needs else None,
    )


def _make_correction(state: AppState, form: DeskForm) -> Correction | None:
    """Return the correction of a form; empty fields keep the values, and a form without values is no correction."""
    point, datum = None, None
    if coordinates := form.get("coordinates"):
        given = parse_coordinates(coordinates)
        if given is None:
            raise InputError("The coordinates cannot be read.", code="coordinates_unreadable", field="lon")
        point, datum = given.point, resolve_datum(form.get("point_datum") or None, state.settings)
    correction = Correction(
        category=form.get("category") or None,
        description=form.get("description") or None,
        point=point,
        datum=datum,
        grid=form.get("grid") or None,
    )
    return None if correction == Correction() else correction


def _parse_parts(form: DeskForm) -> list[PartRequest]:
    """Return the parts of a form, without rows that name no department."""
    rows = range(1, incident_parts.MAX_PARTS + 1)
    return [
        PartRequest(department, form.get(f"category-{row}") or None, form.get(f"note-{row}"))
        for row in rows
        if (department := form.get(f"department-{row}"))
    ]


def _take_initial_steps(state: AppState, actor: Actor, incident: Incident, form: DeskForm, lang: Language) -> None:
    """File and dispatch a new incident unless a rule has done so, or escalate it to the selected level."""
    progress, level = incident.progress, form.get("level") or None
    steps: list[StepRequest] = []
    if form.get("then") == "dispatch" and progress.status is IncidentStatus.REPORTED:
        department = form.get("department") or progress.department
        steps = [StepRequest("file"), StepRequest("dispatch", department=department, level=level)]
    elif level not in (None, progress.level):
        steps = [StepRequest("escalate", note=desk_text("level_note", lang), level=level)]
    for step in steps:
        incident_steps.take_step(state.store, state.snapshots.current.locator, state.rules, actor, incident.id, step)


def _make_report(state: AppState, form: DeskForm) -> Report:
    if not (form.get("lon") and form.get("lat")):
        raise InputError("The report has no coordinates.", code="place_wanted", field="lon")
    accuracy = form.get("accuracy_m")
    return Report(
        reported_at=datetime.now(UTC),
        category=form.get("category"),
        source=find_desk_source(state.rules, form.get("source")),
        point=Point(parse_decimal(form.get("lon"), "lon"), parse_decimal(form.get("lat"), "lat")),
        datum=resolve_datum(form.get("point_datum") or None, state.settings),
        description=_description(form),
        accuracy_m=parse_decimal(accuracy, "accuracy_m") if accuracy else None,
    )


def _make_handled_report(report: Report, form: DeskForm) -> HandledReport:
    """Return a report that is handled already, with the photos of the form by kind."""
    contents = ((PhotoKind.BEFORE, form.before), (PhotoKind.AFTER, form.after), (None, form.photos))
    sent = [SentPhoto(content, kind) for kind, photo_contents in contents for content in photo_contents]
    return HandledReport(report, form.get("handling"), sent)


def _description(form: DeskForm) -> str:
    """Return the description with the place name and the caller. Responses mask personal numbers."""
    parts = {"地点": form.get("place_name"), "反映人": f"{form.get('caller')} {form.get('phone')}".strip()}
    lines = [f"{label}：{text}" for label, text in parts.items() if text]
    return "\n".join(filter(None, [form.get("description"), *lines]))


def _fingerprint(form: DeskForm) -> str:
    content = json.dumps(dict(form.fields), sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()


def _render_receipt(receipt: Receipt) -> str:
    return json.dumps({"id": receipt.incident.id, "on_spot": receipt.incident.progress.on_spot})
