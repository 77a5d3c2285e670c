"""Use cases around the ledger: write a problem down, take it a step on, show evidence, read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, InputError
from geogrid.incidents.validation import CLOCK_TOLERANCE, EARLIEST, LONGEST_LIMIT, MAX_DESCRIPTION, check_text
from geogrid.ledger.evidence import read_evidence
from geogrid.ledger.transitions import apply_step, open_entry
from geogrid.local_time import LOCAL_ZONE
from geogrid.permissions import check_entry_bounds, check_incident_bounds
from geogrid.services.idempotency import begin_once, end_once
from geogrid.services.pages import IdPage, check_limit, cut_page
from geogrid.store import evidence as pieces
from geogrid.store import ledger as table
from geogrid.store.incidents import get_incident
from geogrid.store.sites import get_site_in_round
from geogrid.store.steps import ENTRY_STEPS
from geogrid.workflow import stale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.ledger.query import LedgerFilter
    from geogrid.ledger.transitions import LedgerStepRequest
    from geogrid.model import Actor, Category, EntryStep, LedgerEntry, SiteProblem
    from geogrid.rules.ledger import LedgerRules
    from geogrid.services.idempotency import Once
    from geogrid.store.database import Store
    from geogrid.store.evidence import EvidenceRecord

MAX_EVIDENCE: Final = 20


@dataclass(frozen=True, slots=True)
class EntryTimeline:
    """An entry with all its steps and its evidence."""

    entry: LedgerEntry
    steps: list[EntryStep]
    evidence: list[EvidenceRecord]


def record_problem(
    store: Store,
    rules: LedgerRules,
    categories: Mapping[str, Category],
    problem: SiteProblem,
    actor: Actor,
    *,
    once: Once[LedgerEntry] | None = None,
    now: datetime | None = None,
) -> LedgerEntry:
    """Write a problem into the ledger and give it its number.

    Parameters
    ----------
    store, rules, categories
        The house.
    problem
        What was found.
    actor
        Who writes it down.
    once
        What tells that the request has come before.
    now
        By default at present.

    Raises
    ------
    RepeatedRequest
        If it has come before.
    InputError
        If it cannot be kept.
    NotFoundError
        If the round has no such site, or there is no such incident.
    ForbiddenError
        If the site lies outside of the actor's bounds.
    """
    now = now or datetime.now(UTC)
    _check_problem(problem, categories, now)
    progress, step = open_entry(problem, actor, now)
    with store.write() as connection:
        begin_once(connection, actor, once)
        site = get_site_in_round(connection, problem.site, problem.round)
        if problem.incident is not None:
            check_incident_bounds(actor, get_incident(connection, problem.incident))
        year = problem.found_at.astimezone(LOCAL_ZONE).year
        (sequence,) = table.take_numbers(connection, year, 1)
        new = table.NewEntry(entry_number(rules, year, sequence), problem, site.place, progress, (step,))
        entry = table.get_entry(connection, table.add_entries(connection, [new])[0])
        check_entry_bounds(actor, entry)
        end_once(connection, actor, once, entry)
        return entry


def entry_number(rules: LedgerRules, year: int, sequence: int) -> str:
    """Return the number of an entry for people."""
    return f"{rules.prefix}-{year}-{sequence:04d}"


def take_entry_step(
    store: Store,
    rules: LedgerRules,
    departments: frozenset[str],
    actor: Actor,
    number: int,
    wish: LedgerStepRequest,
    *,
    version: int | None = None,
    once: Once[LedgerEntry] | None = None,
    now: datetime | None = None,
) -> LedgerEntry:
    """Take an entry one step on, and return it.

    Parameters
    ----------
    store, rules, departments
        The house.
    actor
        Who takes the step.
    number, wish
        The entry's number, and the step.
    version
        The entry's as the actor has seen it; None takes it as it is.
    once
        What tells that the request has come before.
    now
        When the step is taken; by default at present.

    Raises
    ------
    NotFoundError
        If there is no such entry.
    StaleError
        If somebody has taken a step since.
    ConflictError, ForbiddenError, InputError
        As `geogrid.ledger.transitions.apply_step`.
    """
    now = now or datetime.now(UTC)
    with store.write() as connection:
        begin_once(connection, actor, once)
        entry = table.get_entry(connection, number)
        check_entry_bounds(actor, entry)
        if version not in (None, entry.progress.version):
            raise stale("entry")
        shown = [record.created_at for record in pieces.named_evidence(connection, number, wish.evidence)]
        progress, step = apply_step(entry.progress, wish, shown, actor, rules, departments, now)
        if not table.advance_entry(connection, number, progress, step):
            raise stale("entry")
        done = table.get_entry(connection, number)
        end_once(connection, actor, once, done)
        return done


def add_evidence(store: Store, actor: Actor, number: int, content: bytes) -> EvidenceRecord:
    """Keep a piece of evidence of an entry; a step that is taken afterwards names it.

    Raises
    ------
    InputError
        If it is no photo and no PDF.
    ConflictError
        If the entry has enough of them.
    NotFoundError, ForbiddenError
        If there is no such entry within the actor's bounds.
    """
    document = read_evidence(content)
    with store.write() as connection:
        entry = table.get_entry(connection, number)
        check_entry_bounds(actor, entry)
        if entry.evidence >= MAX_EVIDENCE:
            raise ConflictError(f"An entry has {MAX_EVIDENCE} pieces of evidence at most.", code="evidence_full")
        (added,) = pieces.add_evidence(connection, [(number, document)], actor.id)
        return pieces.get_evidence(connection, number, added)[0]


def read_evidence_of(store: Store, actor: Actor, number: int, piece: int) -> tuple[EvidenceRecord, bytes]:
    """Return a piece of evidence of an entry, with its content."""
    with store.read() as connection:
        check_entry_bounds(actor, table.get_entry(connection, number))
        return pieces.get_evidence(connection, number, piece)


def read_entry(store: Store, actor: Actor, number: int) -> EntryTimeline:
    """Return an entry with what was done about it.

    Raises
    ------
    NotFoundError, ForbiddenError
        If there is no such entry within the actor's bounds.
    """
    with store.read() as connection:
        entry = table.get_entry(connection, number)
        check_entry_bounds(actor, entry)
        return EntryTimeline(entry, ENTRY_STEPS.read(connection, number), pieces.list_evidence(connection, number))


def list_entries(
    store: Store, actor: Actor, chosen: LedgerFilter, *, after: int = 0, limit: int = 100
) -> IdPage[LedgerEntry]:
    """Return a page of the ledger, in the order in which problems were written down.

    Raises
    ------
    QueryError
        If the limit makes no sense.
    """
    check_limit(limit)
    with store.read() as connection:
        chosen = replace(chosen, bounds=actor.bounds)
        found = table.page_entries(connection, chosen, after=after, limit=limit + 1)
    return cut_page(found, limit)


def _check_problem(problem: SiteProblem, categories: Mapping[str, Category], now: datetime) -> None:
    if problem.category not in categories:
        raise InputError(
            "The category is not in the list.",
            code="category_unknown",
            field="category",
            remedy="Ask GET /v1/categories for the codes.",
        )
    if problem.department not in {category.department for category in categories.values()}:
        raise InputError("There is no such department.", code="department_unknown", field="department")
    check_text(problem.description, "description", MAX_DESCRIPTION)
    if not problem.description.strip():
        raise InputError("The value is missing.", code="missing", field="description")
    if not EARLIEST <= problem.found_at <= now + CLOCK_TOLERANCE:
        raise InputError("The time lies before 1970 or in the future.", code="time", field="found_at")
    if not problem.found_at <= problem.due_at <= problem.found_at + LONGEST_LIMIT:
        raise InputError("It is due before it was found, or years later.", code="time_order", field="due_at")
