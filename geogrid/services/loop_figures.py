"""Figures of the incident workflow: whistles by department, mediations by kind and outcome."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.incidents.query_value_types import Origin
from geogrid.model.figures import WhistleCounts
from geogrid.model.synthetic_share import SyntheticShare
from geogrid.store.steps import list_step_details
from geogrid.store.whistles import count_by_department

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from geogrid.incidents.query import IncidentQuery
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class WhistleTable:
    """Numbers of whistles: the total, and by the name of the called department; `share` counts them by origin."""

    total: WhistleCounts
    rows: Mapping[str, WhistleCounts]
    share: SyntheticShare


@dataclass(frozen=True, slots=True)
class MediationTable:
    """Numbers of mediations by the code of the outcome: the total, and by kind.

    Steps that were stored before kinds existed have the kind None. `share` counts the mediations by origin.
    """

    total: Mapping[str, int]
    rows: Mapping[str | None, Mapping[str, int]]
    share: SyntheticShare


def build_whistle_table(store: Store, filters: IncidentQuery, *, now: datetime | None = None) -> WhistleTable:
    """Return the numbers of whistles (吹哨) on the incidents of a filter, by department.

    Parameters
    ----------
    store
        The database.
    filters
        The incidents. Its period applies to the time of the call.
    now
        The current time, by default.

    Raises
    ------
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    now = now or datetime.now(UTC)
    with store.read() as connection:
        rows = count_by_department(connection, filters, now)
        synthetic = {} if filters.origin is Origin.REAL else count_by_department(connection, _synthetic(filters), now)
    total = _add_counts(rows.values())
    share = SyntheticShare.of(total.called, _add_counts(synthetic.values()).called)
    return WhistleTable(total, dict(sorted(rows.items())), share)


def build_mediation_table(store: Store, rules: RuleSet, filters: IncidentQuery) -> MediationTable:
    """Return the numbers of mediations (调解) of the incidents of a filter, by kind and outcome.

    Each step counts, so a dispute that two levels have mediated counts twice. The period of the filter applies to the
    time of the step.

    Raises
    ------
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    steps = [step for step in rules.workflow.transitions.values() if step.mediations]
    outcomes = [code for step in steps for code in step.outcomes]
    actions = [step.action for step in steps]
    rows: dict[str | None, Counter[str]] = {kind: Counter() for step in steps for kind in step.mediations}
    with store.read() as connection:
        for details in list_step_details(connection, filters, actions):
            rows.setdefault(details.get("mediation"), Counter())[details["outcome"]] += 1
        is_real = filters.origin is Origin.REAL
        synthetic = [] if is_real else list_step_details(connection, _synthetic(filters), actions)
    total = sum(rows.values(), Counter())
    return MediationTable(
        {code: total[code] for code in outcomes},
        {kind: {code: counts[code] for code in outcomes} for kind, counts in rows.items()},
        SyntheticShare.of(total.total(), len(synthetic)),
    )


def _synthetic(filters: IncidentQuery) -> IncidentQuery:
    return replace(filters, origin=Origin.SYNTHETIC)


def _add_counts(rows: Collection[WhistleCounts]) -> WhistleCounts:
    return WhistleCounts(*(sum(getattr(row, field.name) for row in rows) for field in fields(WhistleCounts)))
