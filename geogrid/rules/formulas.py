"""The formulas of figures: data, with a version and a schema, that a deployment replaces."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from geogrid.errors import FileError, NotFoundError
from geogrid.model.figures import Dating, Figure, Rate
from geogrid.resources import data_path, read_reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: What answers tell under names of their own.
NEEDED = ("received", "handled", "open", "synthetic")
_Text = Annotated[str, Field(min_length=1, max_length=100)]
_Code = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class Predicate(StrEnum):
    """What an incident can be; `geogrid.store.figures` says it in SQL.

    ``counted`` is neither void nor merged. The clock of one that was suspended before it was due stands still. What is
    due is so by now: a due time to come has passed no judgement yet. Who handled an incident has filed it too.
    """

    COUNTED = "counted"
    VOID = "void"
    MERGED = "merged"
    SYNTHETIC = "synthetic"
    FILED = "filed"
    OPEN = "open"
    HANDLED = "handled"
    HANDLED_IN_TIME = "handled_in_time"
    OVERDUE = "overdue"
    EXTENDED = "extended"
    REWORKED = "reworked"
    CLOSED = "closed"
    CLOSED_IN_TIME = "closed_in_time"
    CLOCK_RUNS = "clock_runs"
    CLOCK_STOPPED = "clock_stopped"
    DUE = "due"
    NOT_YET_DUE = "not_yet_due"
    CLOSE_DUE = "close_due"
    NOT_YET_CLOSE_DUE = "not_yet_close_due"
    NO_DUE_TIME = "no_due_time"


class FigureSide(StrEnum):
    """Which of the incidents behind a figure."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    EXCLUDED = "excluded"


class Count(BaseModel):
    """A number of incidents.

    Attributes
    ----------
    code
        Its name for programs.
    name, name_en
        For people.
    dated_by
        The moment that lies in the period: of these, the first that an incident has.
    where
        What it must be, all of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: _Code
    name: _Text
    name_en: _Text
    dated_by: Annotated[tuple[Dating, ...], Field(min_length=1, max_length=2)]
    where: tuple[Predicate, ...]


class RateFormula(BaseModel):
    """A share of one count in another.

    Attributes
    ----------
    code
        Its name for programs.
    name, name_en
        For people.
    numerator, denominator
        Codes of counts; every incident of the first is one of the second.
    excluded
        Codes of the counts that tell what the denominator leaves out; no incident is in two of them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: _Code
    name: _Text
    name_en: _Text
    numerator: _Code
    denominator: _Code
    excluded: tuple[_Code, ...]


class _FormulasFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    scheme: _Text
    version: _Text
    title: _Text
    source: str
    counts: Annotated[list[Count], Field(min_length=1)]
    rates: list[RateFormula]


@dataclass(frozen=True, slots=True)
class Formulas:
    """The formulas in use, by their codes and in the file's order."""

    version: str
    source: str
    counts: Mapping[str, Count]
    rates: Mapping[str, RateFormula]

    def figures(self, counted: Mapping[str, int]) -> list[Figure]:
        """Return all rates of what was counted."""
        return [
            Figure(
                rate.code,
                Rate(counted[rate.numerator], counted[rate.denominator]),
                {code: counted[code] for code in rate.excluded},
            )
            for rate in self.rates.values()
        ]

    def behind(self, code: str, part: FigureSide) -> list[Count]:
        """Return the counts whose incidents are behind a part of a figure; a count is its own numerator.

        Raises
        ------
        NotFoundError
            If there is no figure of that code.
        """
        if code in self.counts:
            return [self.counts[code]] if part is FigureSide.NUMERATOR else []
        if code not in self.rates:
            raise NotFoundError("There is no figure of this code.", code="figure_unknown", field="code")
        rate = self.rates[code]
        codes = {
            FigureSide.NUMERATOR: (rate.numerator,),
            FigureSide.DENOMINATOR: (rate.denominator,),
            FigureSide.EXCLUDED: rate.excluded,
        }
        return [self.counts[name] for name in codes[part]]


@lru_cache(maxsize=8)
def load_formulas(path: Path | None = None) -> Formulas:
    """Read the formulas of figures.

    Parameters
    ----------
    path
        The file; by default the one that geogrid ships.

    Raises
    ------
    FileError
        With the file and the place in it that breaks the schema, or with the rate that makes no sense.

    Examples
    --------
    >>> formulas = load_formulas()
    >>> formulas.rates["in_time_rate"].denominator
    'to_handle'
    """
    path = path or data_path("reference", "figures.json")
    content = read_reference(path, _FormulasFile, code="formulas")
    counts = {count.code: count for count in content.counts}
    rates = {rate.code: rate for rate in content.rates}
    if len(counts | rates) < len(content.counts) + len(content.rates):
        raise FileError(f"{path.name}: a code stands twice.", code="formulas")
    if missing := [code for code in NEEDED if code not in counts]:
        raise FileError(f"{path.name}: the count {missing[0]} is missing.", code="formulas", field="counts")
    for rate in rates.values():
        if fault := _fault(rate, counts):
            raise FileError(f"{path.name}: {rate.code}: {fault}.", code="formulas", field="rates")
    return Formulas(content.version, content.source, counts, rates)


def _fault(rate: RateFormula, counts: Mapping[str, Count]) -> str | None:
    """Return what is wrong with a rate, or None."""
    for code in (rate.numerator, rate.denominator, *rate.excluded):
        if code not in counts:
            return f"{code} is not a count"
    numerator, denominator = counts[rate.numerator], counts[rate.denominator]
    if numerator.dated_by != denominator.dated_by:
        return "numerator and denominator are dated by different moments"
    if not set(numerator.where) >= set(denominator.where):
        return "the numerator does not have all conditions of the denominator"
    return None
