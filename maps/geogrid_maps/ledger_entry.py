"""The page of a ledger entry: its fields, evidence and history, and a form for each step that the user can take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from geogrid.ledger.evidence_validation import PDF
from geogrid.ledger.three_lists import describe_entry
from geogrid.model import EntryState
from geogrid.permissions import load_roles
from geogrid.privacy import mask_actor, mask_personal
from geogrid.rules.ledger import LedgerRequiredInput
from geogrid_maps.formatting import name_of, to_the_minute
from geogrid_maps.incident_page import HistoryItem
from geogrid_maps.ledger_page import LedgerFrame, render_ledger
from geogrid_maps.ledger_texts import ledger_text
from geogrid_maps.ledger_view import LedgerView
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.constants import Language
    from geogrid.ledger.three_lists import Names
    from geogrid.model import EntryStep, LedgerEntry
    from geogrid.rules.ledger import LedgerTransition
    from geogrid.services.ledger import EntryHistory
    from geogrid.store.evidence import EvidenceRecord
    from geogrid_maps.admin_page import AdminFrame
    from geogrid_maps.desk_error_texts import Refused

#: Form that uploads evidence without a step.
UPLOAD: Final = "upload"
#: Steps to these states move an entry forward. The first possible one is expanded.
_FORWARD: Final = (EntryState.STRUCK_OFF, EntryState.RECTIFIED)


@dataclass(frozen=True, slots=True)
class LedgerForm:
    """The form of a step.

    Attributes
    ----------
    action, name
        Action and its name.
    needs_note, needs_department
        Whether the step needs a note or a department. A note is possible for every step.
    takes_evidence
        Whether the step refers to evidence.
    open
        Whether the form is expanded: the next step, or the form that was refused.
    """

    action: str
    name: str
    needs_note: bool
    needs_department: bool
    takes_evidence: bool
    open: bool


@dataclass(frozen=True, slots=True)
class LedgerInput:
    """The input of a submitted form.

    Attributes
    ----------
    action, note, department, version
        Fields of the form, as sent.
    evidence
        Ids of the selected pieces of evidence and of those uploaded with the form.
    """

    action: str = ""
    note: str = ""
    department: str = ""
    version: str = ""
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FormResult:
    """Result of a form: the error and the input to fill in again, or the key of the success message."""

    refused: Refused | None = None
    sent: LedgerInput = field(default_factory=LedgerInput)
    done: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """A piece of evidence as text; `fresh`: newer than the last return."""

    id: int
    is_photo: bool
    at: str
    size: str
    fresh: bool


def entry_page(
    history: EntryHistory,
    transitions: Sequence[LedgerTransition],
    names: Names,
    departments: Sequence[str],
    admin: AdminFrame,
    result: FormResult,
    *,
    account: str,
    unmasked: bool,
) -> str:
    """Return the page of an entry as HTML.

    Parameters
    ----------
    history
        The entry with its steps and evidence.
    transitions
        The steps that the user can take now.
    names, departments
        Display names of codes, and the known departments.
    admin
        Frame of the page.
    result
        Result of the form that was sent.
    account
        Id of the user, for the login dialog.
    unmasked
        False masks the names of people.
    """
    language, entry = admin.language, history.entry
    forms = _forms(transitions, result.sent, language)
    impossible = bool(result.sent.action) and result.sent.action not in {form.action for form in forms}
    return render_ledger(
        "ledger_entry.html",
        LedgerFrame(admin, LedgerView(language=language)),
        entry=entry,
        account=account,
        state=name_of(names.rules.ledger.states[entry.progress.state], language),
        ended=entry.progress.state is EntryState.STRUCK_OFF,
        facts=[(label, value) for label, value in describe_entry(entry, names) if value not in (None, "")],
        evidence=[_evidence(record, entry) for record in history.evidence],
        items=[_item(step, names, unmasked=unmasked) for step in history.steps],
        forms=forms,
        departments=departments,
        refused=result.refused,
        sent=result.sent,
        unsaved=_unsaved(result.sent) if impossible else "",
        done=result.done,
    )


def lost_entry_page(refused: Refused, sent: LedgerInput, admin: AdminFrame, account: str) -> str:
    """Return the page for an entry that the user can no longer see: the error, and the text that the user has typed."""
    frame = LedgerFrame(admin, LedgerView(language=admin.language))
    return render_ledger("ledger_lost.html", frame, refused=refused, unsaved=_unsaved(sent), account=account)


def _forms(transitions: Sequence[LedgerTransition], sent: LedgerInput, language: Language) -> list[LedgerForm]:
    following = sent.action or next((step.action for step in transitions if step.to in _FORWARD), "")
    forms = [
        LedgerForm(
            action=step.action,
            name=name_of(step, language),
            needs_note=LedgerRequiredInput.NOTE in step.needs,
            needs_department=LedgerRequiredInput.DEPARTMENT in step.needs,
            takes_evidence=step.to is EntryState.RECTIFIED or LedgerRequiredInput.EVIDENCE in step.needs,
            open=step.action == following,
        )
        for step in transitions
    ]
    if forms:
        forms.append(
            LedgerForm(
                action=UPLOAD,
                name=ledger_text("upload", language),
                needs_note=False,
                needs_department=False,
                takes_evidence=False,
                open=following == UPLOAD,
            )
        )
    return sorted(forms, key=lambda form: not form.open)


def _unsaved(sent: LedgerInput) -> str:
    return "\n".join(filter(None, (sent.note.strip(), sent.department)))


def _evidence(record: EvidenceRecord, entry: LedgerEntry) -> EvidenceItem:
    returned_at = entry.progress.returned_at
    return EvidenceItem(
        id=record.id,
        is_photo=record.media_type != PDF,
        at=to_the_minute(record.created_at),
        size=f"{record.size / 1_000:,.0f} kB",
        fresh=returned_at is None or record.created_at > returned_at,
    )


def _item(step: EntryStep, names: Names, *, unmasked: bool) -> HistoryItem:
    language = names.language
    transition, role = names.rules.ledger.transitions.get(step.action), load_roles().get(step.role)
    states = {code: name_of(state, language) for code, state in names.rules.ledger.states.items()}
    moved = step.from_state not in (None, step.to_state)
    return HistoryItem(
        number=step.number,
        at=to_the_minute(step.at),
        action=name_of(transition, language) if transition else _own_action(step.action, language),
        who=step.actor if unmasked else mask_actor(step.actor_id, step.actor),
        role=name_of(role, language) if role else "",
        way=f"{states[step.from_state]} → {states[step.to_state]}" if step.from_state and moved else "",
        note=mask_personal(step.note),
        facts=_details(step.details, language),
        photos={number: "" for number in step.details.get("evidence", ()) if isinstance(number, int)},
        late=False,
    )


def _own_action(action: str, language: Language) -> str:
    return ledger_text("step_record", language) if action == "record" else action


def _details(details: Mapping[str, Any], language: Language) -> tuple[tuple[str, str], ...]:
    """Return the change of the department; evidence has its own links."""
    if "department" not in details:
        return ()
    return ((text("department", language), " → ".join(map(str, details["department"]))),)
