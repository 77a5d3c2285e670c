"""Rules of the ledger: schema and loading of its states, transitions and rectification terms.

They are separate from the workflow of incidents, since an entry has no level, triage, stage or suspension.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from geogrid.model import EntryState
from geogrid.reference_files import CategoryCode, NamedRuleFile, index_by_code
from geogrid.step_engine import BaseTransition, NamedState

if TYPE_CHECKING:
    from geogrid.category_tree import CategoryTree

_Days = Annotated[int, Field(gt=0, le=366, strict=True)]


class LedgerRequiredInput(StrEnum):
    """Required input of a step."""

    NOTE = "note"
    EVIDENCE = "evidence"
    DEPARTMENT = "department"


class LedgerState(NamedState):
    """A state of an entry, with its names."""

    code: EntryState


class LedgerTransition(BaseTransition):
    """A transition of an entry.

    Attributes
    ----------
    from_, to
        States before and after the step; `to` is None if the state does not change.
    needs
        Required inputs.
    """

    from_: Annotated[tuple[EntryState, ...], Field(alias="from", min_length=1)]
    to: EntryState | None = None
    needs: tuple[LedgerRequiredInput, ...] = ()


class LedgerRules(NamedRuleFile):
    """Rules of the ledger.

    Attributes
    ----------
    states, transitions
        States and transitions by code.
    term_days, terms
        Days allowed for the rectification: the default, and by category.

    Examples
    --------
    >>> load_ledger_rules().transitions["strike_off"].needs
    (<LedgerRequiredInput.EVIDENCE: 'evidence'>,)
    """

    file = "ledger.json"
    error_code = "ledger"

    term_days: _Days
    terms: dict[CategoryCode, _Days]
    states: Annotated[Mapping[EntryState, LedgerState], index_by_code(LedgerState)]
    transitions: Annotated[Mapping[str, LedgerTransition], index_by_code(LedgerTransition, "action")]

    def term(self, category: str, tree: CategoryTree) -> timedelta:
        """Return the time allowed for the rectification of a problem, by its category or the nearest one above it."""
        return timedelta(days=tree.find_nearest(self.terms, category) or self.term_days)

    def find_fault(self) -> tuple[str, str] | None:
        """Find a state that is missing in the file."""
        missing = sorted(set(EntryState) - set(self.states))
        return ("states", f"the state {missing[0]} is missing") if missing else None


load_ledger_rules = LedgerRules.load
