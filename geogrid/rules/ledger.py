"""The rules of the ledger: states, steps and terms, as data with a version and a schema.

They look like the closed loop's and are not the same: an entry has no level, no triage, no stages and no clock that
stops and resumes, and an incident has no evidence. Most of that engine is about these, so this is one of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from geogrid.errors import FileError
from geogrid.model import EntryState, Role
from geogrid.resources import data_path, read_reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_Text = Annotated[str, Field(min_length=1, max_length=100)]
_Days = Annotated[int, Field(gt=0, le=366, strict=True)]


class LedgerNeed(StrEnum):
    """What a step of an entry cannot be taken without."""

    NOTE = "note"
    EVIDENCE = "evidence"
    DEPARTMENT = "department"


class LedgerState(BaseModel):
    """Where an entry can stand, with its names for people."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: EntryState
    name: _Text
    name_en: _Text


class LedgerTransition(BaseModel):
    """A step of an entry.

    Attributes
    ----------
    action, name, name_en
        For programs and for people.
    from_, to
        Where the entry must stand, and stands afterwards; None leaves it there.
    roles
        Who may take it.
    needs
        What it cannot be taken without.
    another_hand
        True where it is not for the one who put the problem right.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    name: _Text
    name_en: _Text
    from_: Annotated[tuple[EntryState, ...], Field(alias="from", min_length=1)]
    to: EntryState | None = None
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    needs: tuple[LedgerNeed, ...] = ()
    another_hand: bool = False


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    scheme: _Text
    version: _Text
    title: _Text
    source: str
    prefix: Annotated[str, Field(pattern=r"^[\w.-]{1,20}$")]
    term_days: _Days
    terms: dict[str, _Days]
    states: list[LedgerState]
    transitions: Annotated[list[LedgerTransition], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class LedgerRules:
    """The rules in use.

    Attributes
    ----------
    prefix
        What the numbers of entries begin with.
    states, transitions
        By their codes.
    term_days, terms
        In how many days a problem is to be put right: by default, and by category.
    """

    prefix: str
    states: Mapping[EntryState, LedgerState]
    transitions: Mapping[str, LedgerTransition]
    term_days: int
    terms: Mapping[str, int]

    def term(self, category: str) -> timedelta:
        """Return in what time a problem of a category is to be put right."""
        return timedelta(days=self.terms.get(category, self.term_days))


@lru_cache(maxsize=8)
def load_ledger_rules(path: Path | None = None) -> LedgerRules:
    """Read the rules; by default those that geogrid ships.

    Raises
    ------
    FileError
        With the file and the place in it that breaks the schema.

    Examples
    --------
    >>> load_ledger_rules().transitions["strike_off"].needs
    (<LedgerNeed.EVIDENCE: 'evidence'>,)
    """
    path = path or data_path("reference", "ledger.json")
    content = read_reference(path, _File, code="ledger")
    states = {state.code: state for state in content.states}
    transitions = {transition.action: transition for transition in content.transitions}
    if set(states) != set(EntryState) or len(transitions) < len(content.transitions):
        raise FileError(f"{path.name}: a state is missing, or an action stands twice.", code="ledger")
    return LedgerRules(content.prefix, states, transitions, content.term_days, content.terms)
