"""The formulas of figures (counts and rates)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from geogrid.errors import NotFoundError
from geogrid.model.figures import DateField, Figure, Rate
from geogrid.reference_files import Name, NamedRuleFile, Row, Slug, index_by_code
from geogrid.rules.vocabulary import VocabularyCode

#: Codes of the counts that the API and the pages require.
REQUIRED_COUNTS = ("received", "handled", "open", "synthetic")


class Predicate(StrEnum):
    """Condition on an incident; `geogrid.store.figure_counts` translates it to SQL.

    ``counted``: neither void nor merged.
    ``clock_stopped``: suspended before the due time. ``due``: the due time has passed. ``pending``: neither handled nor
    due yet. A handled incident counts as filed. ``rechecked``: another user has checked an incident that was handled on
    the spot.
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
    REOPENED = "reopened"
    CLOSED = "closed"
    CLOSED_IN_TIME = "closed_in_time"
    CLOCK_RUNS = "clock_runs"
    CLOCK_STOPPED = "clock_stopped"
    DUE = "due"
    NOT_YET_DUE = "not_yet_due"
    PENDING = "pending"
    CLOSE_DUE = "close_due"
    NOT_YET_CLOSE_DUE = "not_yet_close_due"
    NO_DUE_TIME = "no_due_time"
    ON_SPOT = "on_spot"
    RECHECKED = "rechecked"
    RECHECK_FAILED = "recheck_failed"


#: Beginning of a condition that selects one source, such as ``source:patrol``.
_SOURCE: Final = "source:"
#: A condition of a count: a predicate, or ``source:`` with the code of a source of the profile.
FigureCondition = Predicate | Annotated[str, Field(pattern=r"^source:[a-z][a-z0-9_]{0,19}$")]


def selected_source(condition: str) -> str | None:
    """Return the code of the source that a condition selects, or None for a predicate.

    Examples
    --------
    >>> selected_source("source:patrol"), selected_source(Predicate.OPEN)
    ('patrol', None)
    """
    return condition.removeprefix(_SOURCE) if condition.startswith(_SOURCE) else None


class FigureSide(StrEnum):
    """Part of a figure: its numerator, its denominator or the excluded incidents."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    EXCLUDED = "excluded"


class Count(Row):
    """A count of incidents.

    Attributes
    ----------
    dated_by
        Date fields of which the first that is set must lie in the period.
    where
        Conditions, of which all must hold.
    """

    code: Slug
    name: Name
    name_en: Name
    dated_by: Annotated[tuple[DateField, ...], Field(min_length=1, max_length=2)]
    where: tuple[FigureCondition, ...]


class RateFormula(Row):
    """A rate: the ratio of two counts.

    Attributes
    ----------
    numerator, denominator
        Codes of counts. The numerator is a subset of the denominator.
    excluded
        Codes of disjoint counts of the incidents that are not in the denominator.
    """

    code: Slug
    name: Name
    name_en: Name
    numerator: Slug
    denominator: Slug
    excluded: tuple[Slug, ...]


class Formulas(NamedRuleFile):
    """The formulas of a file by code, in file order.

    Attributes
    ----------
    counts, rates
        The formulas.
    finder_sources
        Codes of the sources of which the reporting user counts as the finder, such as the patrol of grid workers.

    Examples
    --------
    >>> load_formulas().rates["in_time_rate"].denominator
    'to_handle'
    """

    file = "figures.json"
    error_code = "formulas"

    counts: Annotated[Mapping[str, Count], index_by_code(Count)]
    rates: Annotated[Mapping[str, RateFormula], index_by_code(RateFormula, least=0)]
    finder_sources: tuple[VocabularyCode, ...] = ()

    def figures(self, counts: Mapping[str, int]) -> list[Figure]:
        """Return all rates of the file, calculated from `counts`: the number of incidents by code of the count."""
        return [
            Figure(
                rate.code,
                Rate(counts[rate.numerator], counts[rate.denominator]),
                {code: counts[code] for code in rate.excluded},
            )
            for rate in self.rates.values()
        ]

    def counts_of(self, code: str, part: FigureSide) -> list[Count]:
        """Return the counts that form a part of a figure. A count is its own numerator.

        Raises
        ------
        NotFoundError
            If there is no figure with this code.
        """
        if code in self.counts:
            return [self.counts[code]] if part is FigureSide.NUMERATOR else []
        if code not in self.rates:
            raise NotFoundError("There is no figure with this code.", code="figure_unknown", field="code")
        rate = self.rates[code]
        codes = {
            FigureSide.NUMERATOR: (rate.numerator,),
            FigureSide.DENOMINATOR: (rate.denominator,),
            FigureSide.EXCLUDED: rate.excluded,
        }
        return [self.counts[name] for name in codes[part]]

    def find_fault(self) -> tuple[str, str] | None:
        """Find a duplicate code, a missing count, or an inconsistent rate."""
        if not self.counts.keys().isdisjoint(self.rates):
            return "rates", "a code occurs twice"
        if missing := [code for code in REQUIRED_COUNTS if code not in self.counts]:
            return "counts", f"the count {missing[0]} is missing"
        faults = ((rate.code, _find_rate_fault(rate, self.counts)) for rate in self.rates.values())
        return next((("rates", f"{code}: {fault}") for code, fault in faults if fault), None)


load_formulas = Formulas.load


def _find_rate_fault(rate: RateFormula, counts: Mapping[str, Count]) -> str | None:
    """Return the fault of a rate, or None."""
    for code in (rate.numerator, rate.denominator, *rate.excluded):
        if code not in counts:
            return f"{code} is not a count"
    numerator, denominator = counts[rate.numerator], counts[rate.denominator]
    if numerator.dated_by != denominator.dated_by:
        return "numerator and denominator have different dated_by"
    if not set(numerator.where) >= set(denominator.where):
        return "the numerator lacks conditions of the denominator"
    return None
