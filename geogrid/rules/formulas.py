"""The formulas of figures: data that a deployment may replace."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from geogrid.errors import NotFoundError
from geogrid.model.figures import DateField, Figure, Rate
from geogrid.resources import Name, NamedRuleFile, Row, Slug, index_by_code

#: What answers tell under names of their own.
REQUIRED_COUNTS = ("received", "handled", "open", "synthetic")


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


class Count(Row):
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

    code: Slug
    name: Name
    name_en: Name
    dated_by: Annotated[tuple[DateField, ...], Field(min_length=1, max_length=2)]
    where: tuple[Predicate, ...]


class RateFormula(Row):
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

    code: Slug
    name: Name
    name_en: Name
    numerator: Slug
    denominator: Slug
    excluded: tuple[Slug, ...]


class Formulas(NamedRuleFile):
    """The formulas in use, by their codes and in the file's order.

    Examples
    --------
    >>> load_formulas().rates["in_time_rate"].denominator
    'to_handle'
    """

    file = "figures.json"
    error_code = "formulas"

    counts: Annotated[Mapping[str, Count], index_by_code(Count)]
    rates: Annotated[Mapping[str, RateFormula], index_by_code(RateFormula, least=0)]

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

    def fault(self) -> tuple[str, str] | None:
        """Find a code that stands twice, a count that is missing, or a rate that makes no sense."""
        if not self.counts.keys().isdisjoint(self.rates):
            return "rates", "a code stands twice"
        if missing := [code for code in REQUIRED_COUNTS if code not in self.counts]:
            return "counts", f"the count {missing[0]} is missing"
        faults = ((rate.code, _fault(rate, self.counts)) for rate in self.rates.values())
        return next((("rates", f"{code}: {fault}") for code, fault in faults if fault), None)


load_formulas = Formulas.load


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
