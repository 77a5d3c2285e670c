"""Incident columns saved in a file, so that a start reads only the incidents changed since.

The file is named after the database and belongs to one state of it, see `geogrid.store.incident_mark`. A file that is
damaged, of another database, of a later state, or of other column definitions is not used.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from geogrid.array_file import remove_old_files
from geogrid.errors import FileError
from geogrid.stats.column_file import read_column_file, read_label, write_column_file
from geogrid.stats.growing_columns import GrowingColumns
from geogrid.stats.point_binning import CELL_DEG
from geogrid.store.database import get_head_revision
from geogrid.store.incident_array_reader import describe_columns, read_changed_columns, read_columns
from geogrid.store.incident_mark import IncidentMark, precedes, read_mark

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from geogrid.stats.incident_arrays import Columns
    from geogrid.store.database import Store

SUFFIX: Final = ".columns"
#: Number of changes and new incidents after which the file is written again.
_MAX_BEHIND: Final = 20_000
#: Number of files to keep: a service has one database.
_MAX_FILES: Final = 4


class SavedColumns:
    """The file of the columns of a database.

    Parameters
    ----------
    store
        The database.
    directory
        Folder of the file, created if missing. It must be trusted: a forged file changes results.
    """

    def __init__(self, store: Store, directory: Path) -> None:
        url = store.url.set(password=None).render_as_string()
        self.path = directory / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}{SUFFIX}"
        self._store = store
        # The label of the file when it was last looked at.
        self._label: dict[str, Any] | None = None

    def load(self, connection: Connection) -> tuple[GrowingColumns | None, IncidentMark | None]:
        """Return the saved columns and their mark, or None twice. A file that cannot be used is removed."""
        try:
            file = read_column_file(self.path)
            mark = IncidentMark(**file.label["mark"])
            if file.label["definition"] == self._define(connection) and precedes(connection, mark):
                return file.columns, mark
        except (FileError, OSError, LookupError, TypeError):
            pass
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        return None, None

    def save(self, columns: Columns, mark: IncidentMark) -> None:
        """Write the file, unless it is new enough; another process may have written it."""
        with self._store.read() as connection:
            definition = self._define(connection)
        label = {"definition": definition, "mark": asdict(mark), "incidents": len(columns.number)}
        if _is_new_enough(self._label, label):
            return
        self._label = read_label(self.path)
        if _is_new_enough(self._label, label):
            return
        # Also after an error, so that a full disk is not filled every few seconds.
        self._label = label
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            remove_old_files(self.path, keep=_MAX_FILES)
            write_column_file(self.path, columns, label)

    @staticmethod
    def _define(connection: Connection) -> str:
        """Return a hash of the definition of the columns; a migration may change rows without the change feed."""
        parts = [get_head_revision(), describe_columns(connection), CELL_DEG]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def update_columns(
    connection: Connection, columns: GrowingColumns | None, mark: IncidentMark | None
) -> tuple[GrowingColumns, IncidentMark]:
    """Return columns with all new and changed incidents, and their mark.

    Parameters
    ----------
    connection
        A database transaction.
    columns, mark
        Earlier columns and their mark. Without them, or if they are not of an earlier state of this database, all
        incidents are read.
    """
    current = read_mark(connection)
    if columns is None or mark is None or not (mark == current or precedes(connection, mark)):
        return GrowingColumns(read_columns(connection)), current
    if current.change > mark.change:
        columns.update(read_changed_columns(connection, mark.change, current.change, mark.newest))
    if current.newest > mark.newest:
        columns.update(read_columns(connection, mark.newest))
    return columns, current


def _is_new_enough(saved: dict[str, Any] | None, label: dict[str, Any]) -> bool:
    """Return whether a saved file is of the same history, and at most `_MAX_BEHIND` changes and incidents behind."""
    try:
        return (
            saved is not None
            and (saved["definition"], saved["mark"]["history"]) == (label["definition"], label["mark"]["history"])
            and 0 <= _age(label) - _age(saved) <= _MAX_BEHIND
        )
    except (LookupError, TypeError, ValueError):
        return False


def _age(label: dict[str, Any]) -> int:
    return int(label["mark"]["change"]) + int(label["incidents"])
