"""Execute the forms of a ledger entry: a step with its evidence, or an upload of evidence alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geogrid.errors import ForbiddenError, GeogridError, InputError
from geogrid.ledger.transitions import LedgerStepRequest, allowed_transitions
from geogrid.rules.ledger import LedgerRequiredInput
from geogrid.services import ledger as service
from geogrid_api.desk_fragments import parse_integer
from geogrid_maps.ledger_entry import LedgerInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.model import Actor
    from geogrid.rules.ledger import LedgerRules
    from geogrid_api.app_state import AppState


@dataclass(frozen=True, slots=True)
class EntryForm:
    """A submitted form: its fields, and the uploaded files."""

    sent: LedgerInput
    files: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class EntryFormOutcome:
    """The input of a form with the ids of the files that are stored by now, and the error of a refused form."""

    sent: LedgerInput
    error: GeogridError | None = None


def submit_entry_step(state: AppState, actor: Actor, entry_id: int, form: EntryForm) -> EntryFormOutcome:
    """Store the files of a form, and take its step with them and with the selected evidence."""
    sent = form.sent
    try:
        version = parse_integer(sent.version, "version")
        # A step that is not possible stores no files; the service names the reason.
        if form.files and sent.action in _list_actions(state, actor, entry_id):
            stored = _store_files(state, actor, entry_id, form)
            if stored.error:
                return stored
            sent = stored.sent
        service.take_entry_step(
            state.store,
            state.rules.ledger,
            state.rules.departments,
            actor,
            entry_id,
            _make_request(sent, state.rules.ledger),
            version=version,
        )
    except GeogridError as error:
        return EntryFormOutcome(sent, error)
    return EntryFormOutcome(sent)


def submit_evidence(state: AppState, actor: Actor, entry_id: int, form: EntryForm) -> EntryFormOutcome:
    """Store the files of a form as evidence."""
    try:
        if not _list_actions(state, actor, entry_id):
            raise ForbiddenError("None of your roles may take a step of this entry.", code="role")
        if not form.files:
            raise InputError("There is no file.", code="files_missing", field="files")
    except GeogridError as error:
        return EntryFormOutcome(form.sent, error)
    return _store_files(state, actor, entry_id, form)


def _list_actions(state: AppState, actor: Actor, entry_id: int) -> set[str]:
    progress = service.read_entry(state.store, actor, entry_id).entry.progress
    return {step.action for step in allowed_transitions(progress, actor, state.rules.ledger)}


def _store_files(state: AppState, actor: Actor, entry_id: int, form: EntryForm) -> EntryFormOutcome:
    """Store files in order, up to the first that is refused."""
    sent = form.sent
    for content in form.files:
        try:
            record = service.add_evidence(state.store, actor, entry_id, content)
        except GeogridError as error:
            return EntryFormOutcome(sent, error)
        sent = replace(sent, evidence=(*sent.evidence, record.id))
    return EntryFormOutcome(sent)


def _make_request(sent: LedgerInput, rules: LedgerRules) -> LedgerStepRequest:
    """Return the step that a form selects, with only the fields that the step accepts."""
    transition = rules.transitions.get(sent.action)
    needs_department = transition is not None and LedgerRequiredInput.DEPARTMENT in transition.needs
    department = (sent.department or None) if needs_department else None
    return LedgerStepRequest(sent.action, sent.note, department, sent.evidence)
