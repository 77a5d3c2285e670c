"""Response models of counts and rates."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from geogrid.local_time import local_zone
from geogrid.model.figures import percentage_point_change
from geogrid.services.figure_tables import ComparisonPeriod
from geogrid.services.period_snapshots import read_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.model.figures import Figure, Rate
    from geogrid.services.counting_basis import RestatementGap
    from geogrid.services.figure_tables import FigureRow, FigureTable
    from geogrid.services.period_snapshots import SnapshotNote

    Periods = Mapping[ComparisonPeriod, tuple[date, date]]


class RestatementGapResponse(BaseModel):
    """Incidents that lie in grids of an earlier generation: figures by area do not fit the present shapes."""

    generation: int = Field(description="Id of the generation whose restatement is incomplete.")
    missing: int = Field(description="Number of incidents without a restatement.")
    command: str = Field(examples=["geogrid reassign --generation 2 --commit"])


class FigureResponse(BaseModel):
    """A rate with its numerator and denominator."""

    code: str = Field(examples=["in_time_rate"])
    numerator: int
    denominator: int
    rate: float | None = Field(description="numerator / denominator, to four decimals; null if the denominator is 0.")
    low: float | None = Field(description="Lower limit of the 95 % interval (Wilson 1927).")
    high: float | None = Field(description="Upper limit of the 95 % interval.")
    excluded: dict[str, int] = Field(description="Number of incidents excluded from the denominator, by reason.")


class EarlierFigureResponse(FigureResponse):
    """A rate in an earlier period, and its change up to the present period."""

    points: float | None = Field(description="Present rate minus earlier rate, in percentage points.")


class RestatedCountResponse(BaseModel):
    """A count in the snapshot of a closed period, and counted now."""

    snapshot: int
    now: int


class RestatedRateResponse(BaseModel):
    """A rate in the snapshot of a closed period, and computed now."""

    snapshot: float | None
    now: float | None


class RestatedResponse(BaseModel):
    """What differs from the snapshots when it is counted now (restated since)."""

    counts: dict[str, RestatedCountResponse]
    rates: dict[str, RestatedRateResponse]


class FrozenResponse(BaseModel):
    """Whether counts are those of the snapshots of closed months."""

    snapshot: bool = Field(description="Whether counts and figures are those of the snapshots of closed months.")
    restated: RestatedResponse | None = Field(
        description="Counts and rates that differ from the snapshots when counted now; null if none does."
    )


class EarlierPeriodResponse(FrozenResponse):
    """Counts and rates of an earlier period."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    counts: dict[str, int]
    figures: list[EarlierFigureResponse]


class SnapshotNoteResponse(BaseModel):
    """A snapshot of a closed month, without its figures."""

    month: str = Field(examples=["2022-03"])
    made_at: datetime
    formulas: str = Field(description="Version of the formulas at that time.")
    generation: int = Field(description="Id of the generation that was active at that time.")
    official: bool = Field(description="False for an earlier snapshot, and for one of a month that was reopened.")


class ClosingResponse(BaseModel):
    """The closed months of a period."""

    counted_at: datetime = Field(description="Time of counting the present values.")
    restated_at: datetime | None = Field(
        description="Time of the newest step on an incident of the period since its snapshots, if values differ."
    )
    snapshots: list[SnapshotNoteResponse] = Field(description="Snapshots by month, newest first.")


class SnapshotResponse(SnapshotNoteResponse):
    """A snapshot of a closed month with its figures."""

    by: str = Field(description="User who closed the month.")
    counts: dict[str, dict[str, dict[str, int]]] = Field(
        description="Counts by kind of row, by key and by code, without zeros. The key of the total, and of incidents "
        "without a value, is empty."
    )


class FigureRowResponse(FrozenResponse):
    """Counts and rates of one group of incidents, such as a street."""

    key: str | None = Field(description="Value of the grouping; null for incidents without one.")
    counts: dict[str, int] = Field(description="Counts by code, see GET /v1/figures/formulas.")
    figures: list[FigureResponse]
    compared: dict[ComparisonPeriod, EarlierPeriodResponse]
    found: int | None = Field(description="By worker: incidents that the worker reported on patrol; otherwise null.")


def make_gap_response(gap: RestatementGap | None) -> RestatementGapResponse | None:
    """Return the response for an incomplete restatement, or None."""
    if gap is None:
        return None
    return RestatementGapResponse(generation=gap.generation, missing=gap.missing, command=gap.command)


def make_row_response(row: FigureRow, periods: Periods) -> FigureRowResponse:
    """Return the response for a row of counts and rates."""
    return FigureRowResponse(
        key=row.key,
        counts=dict(row.counts),
        figures=make_figure_responses(row),
        compared=make_earlier_responses(row, periods),
        found=row.found,
        snapshot=row.from_snapshot,
        restated=make_restated_response(row),
    )


def make_restated_response(row: FigureRow) -> RestatedResponse | None:
    """Return the response for the values of a row that differ from its snapshots, or None."""
    now = row.recomputed
    if now is None:
        return None
    rates = zip(row.figures, now.figures, strict=True)
    return RestatedResponse(
        counts={
            code: RestatedCountResponse(snapshot=count, now=now.counts[code])
            for code, count in row.counts.items()
            if count != now.counts[code]
        },
        rates={
            old.code: RestatedRateResponse(snapshot=old.rate.value, now=new.rate.value)
            for old, new in rates
            if old.rate != new.rate
        },
    )


def make_closing_response(table: FigureTable) -> ClosingResponse | None:
    """Return the response for the closed months of a table; None if its period has none."""
    if not table.snapshots:
        return None
    return ClosingResponse(
        counted_at=table.counted_at.astimezone(local_zone()),
        restated_at=table.restated_at.astimezone(local_zone()) if table.restated_at else None,
        snapshots=[SnapshotNoteResponse(**_note_values(note)) for note in table.snapshots],
    )


def make_snapshot_response(note: SnapshotNote) -> SnapshotResponse:
    """Return the response for a snapshot with its figures."""
    counts = {
        kind: {key or "": dict(counts) for key, counts in rows.items()}
        for kind, rows in read_counts(note.snapshot).items()
    }
    return SnapshotResponse(**_note_values(note), by=note.snapshot.actor, counts=counts)


def make_figure_responses(row: FigureRow) -> list[FigureResponse]:
    """Return the responses for the rates of a row."""
    return [make_figure_response(figure) for figure in row.figures]


def make_earlier_responses(row: FigureRow, periods: Periods) -> dict[ComparisonPeriod, EarlierPeriodResponse]:
    """Return the responses for the earlier periods of a row."""
    present = {figure.code: figure.rate for figure in row.figures}
    return {
        earlier: EarlierPeriodResponse(
            first=periods[earlier][0],
            last=periods[earlier][1],
            counts=dict(then.counts),
            figures=[_make_earlier_response(figure, present[figure.code]) for figure in then.figures],
            snapshot=then.from_snapshot,
            restated=make_restated_response(then),
        )
        for earlier, then in row.compared.items()
    }


def _note_values(note: SnapshotNote) -> dict[str, Any]:
    snapshot = note.snapshot
    return {
        "month": snapshot.month,
        "made_at": snapshot.made_at.astimezone(local_zone()),
        "formulas": snapshot.formulas,
        "generation": snapshot.generation,
        "official": note.official,
    }


def make_figure_response(figure: Figure) -> FigureResponse:
    """Return the response for a rate."""
    rate = figure.rate
    low, high = rate.interval or (None, None)
    return FigureResponse(
        code=figure.code,
        numerator=rate.numerator,
        denominator=rate.denominator,
        rate=rate.value,
        low=low,
        high=high,
        excluded=dict(figure.excluded),
    )


def _make_earlier_response(figure: Figure, present: Rate) -> EarlierFigureResponse:
    points = percentage_point_change(present, figure.rate)
    return EarlierFigureResponse(**make_figure_response(figure).model_dump(), points=points)
