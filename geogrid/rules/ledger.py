"""The rules of the ledger: its states, steps and terms are data that a deployment may replace.

They look like the closed loop's and are not the same: an entry has no level, no triage, no stages and no clock that
stops and resumes, and an incident has no evidence. Most of that engine is about these, so this is one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from geogrid.model import EntryState
from geogrid.resources import NamedRuleFile, index_by_code
from geogrid.workflow import BaseTransition, NamedState

_Days = Annotated[int, Field(gt=0, le=366, strict=True)]


class LedgerRequiredInput(StrEnum):
    """What a step of an entry cannot be taken without."""

    NOTE = "note"
    EVIDENCE = "evidence"
    DEPARTMENT = "department"


class LedgerState(NamedState):
    """Where an entry can stand."""

    code: EntryState


class LedgerTransition(BaseTransition):
    """A step of an entry.

    Attributes
    ----------
    from_, to
        Where the entry must stand, and stands afterwards; None leaves it there.
    needs
        What it cannot be taken without.
    """

    from_: Annotated[tuple[EntryState, ...], Field(alias="from", min_length=1)]
    to: EntryState | None = None
    needs: tuple[LedgerRequiredInput, ...] = ()


class LedgerRules(NamedRuleFile):
    """The rules in use.

    Attributes
    ----------
    prefix
        What the numbers of entries begin with.
    states, transitions
        By their codes.
    term_days, terms
        In how many days a problem is to be put right: by default, and by category.

    Examples
    --------
    >>> load_ledger_rules().transitions["strike_off"].needs
    (<LedgerNeed.EVIDENCE: 'evidence'>,)
    """

    file = "ledger.json"
    error_code = "ledger"

    prefix: Annotated[str, Field(pattern=r"^[\w.-]{1,20}$")]
    term_days: _Days
    terms: dict[str, _Days]
    states: Annotated[Mapping[EntryState, LedgerState], index_by_code(LedgerState)]
    transitions: Annotated[Mapping[str, LedgerTransition], index_by_code(LedgerTransition, "action")]

    def term(self, category: str) -> timedelta:
        """Return in what time a problem of a category is to be put right."""
        return timedelta(days=self.terms.get(category, self.term_days))

    def fault(self) -> tuple[str, str] | None:
        """Find a state that is not described."""
        missing = sorted(set(EntryState) - set(self.states))
        return ("states", f"the state {missing[0]} is missing") if missing else None


load_ledger_rules = LedgerRules.load
