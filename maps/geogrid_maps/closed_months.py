"""Words on closed months in the table of figures: what the figures are, since when, and which rows are frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.services.figure_tables import TableGrouping
from geogrid_maps.formatting import to_the_minute
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from geogrid.constants import Language
    from geogrid.services.figure_tables import FigureRow, FigureTable
    from geogrid.services.period_snapshots import SnapshotNote


def describe_closing(table: FigureTable, language: Language) -> list[str]:
    """Return sentences on the closed months of the period: what the figures are, since when, and the history."""
    if not table.snapshots:
        return []
    closing = {True: "closing_official", False: "closing_mixed" if table.is_official else "closing_recomputed"}
    sentences = [text(closing[table.is_wholly_official], language)]
    if any(row.recomputed for row in (table.total, *table.rows)):
        last = to_the_minute(table.restated_at, text("none", language))
        words = text("closing_restated", language)
        sentences.append(words.format(counted=to_the_minute(table.counted_at), last=last))
    return [*sentences, *(_describe_note(note, language) for note in table.snapshots)]


def mark_basis(row: FigureRow, table: FigureTable, language: Language) -> str:
    """Return the mark of a row from snapshots in a table with other rows; otherwise an empty text."""
    mixed = row.from_snapshot and not table.is_wholly_official
    return text("basis_snapshot", language) if mixed else ""


def describe_basis(row: FigureRow, table: FigureTable, by: TableGrouping, language: Language) -> str:
    """Return what a row is from: counted now, or the snapshots with the time, formulas and generation of each."""
    if not row.from_snapshot:
        return text("basis_now", language)
    notes = (_describe_note(note, language) for note in _official_notes(row, table, by))
    return "; ".join([text("basis_snapshot", language), *notes])


def _describe_note(note: SnapshotNote, language: Language) -> str:
    """Return the month of a snapshot with the time, formulas and generation of its making."""
    snapshot = note.snapshot
    return text("snapshot_official" if note.official else "snapshot_history", language).format(
        month=snapshot.month,
        made=to_the_minute(snapshot.made_at),
        formulas=snapshot.formulas,
        generation=snapshot.generation,
    )


def _official_notes(row: FigureRow, table: FigureTable, by: TableGrouping) -> list[SnapshotNote]:
    """Return the snapshots that a row is taken from: in a table by month its own."""
    own = row.key if by is TableGrouping.MONTH else None
    return [note for note in table.snapshots if note.official and own in (None, note.snapshot.month)]
