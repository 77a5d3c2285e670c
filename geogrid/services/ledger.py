"""The ledger of inspected sites: record problems, take steps, add evidence, read, list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, InputError
from geogrid.incidents.validation import (
    CLOCK_TOLERANCE,
    EARLIEST,
    LONGEST_LIMIT,
    MAX_DESCRIPTION,
    check_category,
    check_text,
)
from geogrid.ledger.evidence_validation import read_evidence
from geogrid.ledger.transitions import apply_step, open_entry
from geogrid.local_time import local_zone
from geogrid.permissions import check_entry_bounds, check_incident_bounds
from geogrid.services.idempotency import check_repeated, keep_response
from geogrid.services.pagination import MAX_PAGE, check_limit, cut_page
from geogrid.step_engine import stale
from geogrid.store import evidence
from geogrid.store import ledger as table
from geogrid.store.filter_values import check_area
from geogrid.store.incidents import get_incident
from geogrid.store.sites import get_site_in_round
from geogrid.store.steps import ENTRY_STEPS

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.ledger.ledger_filter import LedgerFilter
    from geogrid.ledger.transitions import LedgerStepRequest
    from geogrid.model import Actor, EntryStep, LedgerEntry, SiteProblem
    from geogrid.rules.ledger import LedgerRules
    from geogrid.rules.profile import Profile
    from geogrid.services.idempotency import IdempotentRequest
    from geogrid.services.pagination import Page
    from geogrid.store.database import Store
    from geogrid.store.evidence import EvidenceRecord

MAX_EVIDENCE: Final = 20


@dataclass(frozen=True, slots=True)
class EntryHistory:
    """An entry, its steps and its evidence."""

    entry: LedgerEntry
    steps: list[EntryStep]
    evidence: list[EvidenceRecord]


def record_problem(
    store: Store,
    rules: RuleSet,
    problem: SiteProblem,
    actor: Actor,
    *,
    idempotency: IdempotentRequest[LedgerEntry] | None = None,
    now: datetime | None = None,
) -> LedgerEntry:
    """Insert a problem into the ledger with a new entry number.

    Parameters
    ----------
    store, rules
        The database and the active rules.
    problem
        The problem.
    actor
        The user who records it.
    idempotency
        The idempotency key of the request.
    now
        The current time, by default.

    Raises
    ------
    RepeatedRequest
        If the request was processed before.
    InputError
        If the problem is not valid.
    NotFoundError
        If the site is not in the round, or if the incident does not exist.
    ForbiddenError
        If the site lies outside the bounds of the actor.
    """
    now = now or datetime.now(UTC)
    _check_problem(problem, rules, now)
    progress, step = open_entry(problem, actor, now)
    with store.write() as connection:
        check_repeated(connection, actor, idempotency)
        site = get_site_in_round(connection, problem.site, problem.round)
        if problem.incident is not None:
            check_incident_bounds(actor, get_incident(connection, problem.incident))
        year = problem.found_at.astimezone(local_zone()).year
        (sequence,) = table.reserve_entry_numbers(connection, year, 1)
        new = table.NewEntry(format_entry_number(rules.profile, year, sequence), problem, site.place, progress, (step,))
        entry = table.get_entry(connection, table.add_entries(connection, [new])[0])
        check_entry_bounds(actor, entry)
        keep_response(connection, actor, idempotency, entry)
        return entry


def format_entry_number(profile: Profile, year: int, sequence: int) -> str:
    """Return the entry number that users see, such as ``PREFIX-2026-0001``."""
    return f"{profile.prefixes.ledger}-{year}-{sequence:04d}"


def take_entry_step(
    store: Store,
    rules: LedgerRules,
    departments: frozenset[str],
    actor: Actor,
    entry_id: int,
    wish: LedgerStepRequest,
    *,
    version: int | None = None,
    idempotency: IdempotentRequest[LedgerEntry] | None = None,
    now: datetime | None = None,
) -> LedgerEntry:
    """Take a step and return the entry after it.

    Parameters
    ----------
    store, rules, departments
        The database, the ledger rules and the known departments.
    actor
        The user who takes the step.
    entry_id, wish
        The id of the entry, and the step.
    version
        The version of the entry that the user has read; None accepts any version.
    idempotency
        The idempotency key of the request.
    now
        The time of the step, by default now.

    Raises
    ------
    NotFoundError
        If the entry does not exist or lies outside the bounds of the actor.
    StaleError
        If the entry has a newer version.
    ConflictError, ForbiddenError, InputError
        See `geogrid.ledger.transitions.apply_step`.
    """
    now = now or datetime.now(UTC)
    with store.write() as connection:
        check_repeated(connection, actor, idempotency)
        entry = table.get_entry(connection, entry_id)
        check_entry_bounds(actor, entry)
        if version not in (None, entry.progress.version):
            raise stale("entry")
        evidence_times = [record.created_at for record in evidence.named_evidence(connection, entry_id, wish.evidence)]
        progress, step = apply_step(entry.progress, wish, evidence_times, actor, rules, departments, now)
        if not table.apply_entry_step(connection, entry_id, progress, step):
            raise stale("entry")
        result = table.get_entry(connection, entry_id)
        keep_response(connection, actor, idempotency, result)
        return result


def add_evidence(store: Store, actor: Actor, entry_id: int, content: bytes) -> EvidenceRecord:
    """Store a piece of evidence of an entry; later steps refer to it.

    Raises
    ------
    InputError
        If the content is neither a photo nor a PDF.
    ConflictError
        If the entry has `MAX_EVIDENCE` pieces already.
    NotFoundError, ForbiddenError
        If the entry does not exist or lies outside the bounds of the actor.
    """
    document = read_evidence(content)
    with store.write() as connection:
        entry = table.get_entry(connection, entry_id)
        check_entry_bounds(actor, entry)
        if entry.evidence >= MAX_EVIDENCE:
            raise ConflictError(f"An entry can have at most {MAX_EVIDENCE} pieces of evidence.", code="evidence_full")
        (evidence_id,) = evidence.add_evidence(connection, [(entry_id, document)], actor.id)
        return evidence.get_evidence(connection, entry_id, evidence_id)[0]


def read_entry_evidence(store: Store, actor: Actor, entry_id: int, evidence_id: int) -> tuple[EvidenceRecord, bytes]:
    """Return a piece of evidence of an entry and its content."""
    with store.read() as connection:
        check_entry_bounds(actor, table.get_entry(connection, entry_id))
        return evidence.get_evidence(connection, entry_id, evidence_id)


def read_entry(store: Store, actor: Actor, entry_id: int) -> EntryHistory:
    """Return an entry, its steps and its evidence.

    Raises
    ------
    NotFoundError, ForbiddenError
        If the entry does not exist or lies outside the bounds of the actor.
    """
    with store.read() as connection:
        entry = table.get_entry(connection, entry_id)
        check_entry_bounds(actor, entry)
        return EntryHistory(entry, ENTRY_STEPS.read(connection, entry_id), evidence.list_evidence(connection, entry_id))


def list_entries(
    store: Store, actor: Actor, filters: LedgerFilter, *, after: int = 0, limit: int = 100
) -> Page[LedgerEntry, int]:
    """Return a page of ledger entries, oldest first.

    Raises
    ------
    QueryError
        If the limit is not within 1..`MAX_PAGE`.
    """
    check_limit(limit, MAX_PAGE)
    with store.read() as connection:
        check_area(connection, filters.area)
        filters = replace(filters, bounds=actor.bounds)
        entries = table.page_entries(connection, filters, after=after, limit=limit + 1)
    return cut_page(entries, limit)


def _check_problem(problem: SiteProblem, rules: RuleSet, now: datetime) -> None:
    check_category(problem.category, rules.categories)
    if problem.department not in rules.departments:
        raise InputError("The department is unknown.", code="department_unknown", field="department")
    if problem.duty not in rules.profile.duties:
        duties = ", ".join(rules.profile.duties)
        raise InputError("The duty is unknown.", code="duty_unknown", field="duty", remedy=f"Use one of {duties}.")
    check_text(problem.description, "description", MAX_DESCRIPTION)
    if not problem.description.strip():
        raise InputError("The value is missing.", code="missing", field="description")
    if not EARLIEST <= problem.found_at <= now + CLOCK_TOLERANCE:
        raise InputError("The time is before 1970 or in the future.", code="time", field="found_at")
    if not problem.found_at <= problem.due_at <= problem.found_at + LONGEST_LIMIT:
        raise InputError(
            "The due time is before the time of finding, or too long after it.", code="time_order", field="due_at"
        )
