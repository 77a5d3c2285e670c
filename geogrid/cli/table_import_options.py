"""Options of the commands that import a table: sheet, mapping, and the column of both coordinates."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geogrid.layers.files.error_context import in_file
from geogrid.services.import_mappings import COLUMNS, ListKind, load_mapping, save_mapping, with_point_column
from geogrid.tabular.column_mapping import NO_MAPPING, ColumnMapping, parse_mapping
from geogrid.tabular.known_columns import clean_name
from geogrid.tabular.table_reader import ReadOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from geogrid.store.database import Store
    from geogrid.tabular.row_model import LeftOutRow, Refusal

_MAX_LISTED = 20


@dataclass(frozen=True, slots=True)
class TableChoice:
    """The options of a command.

    Attributes
    ----------
    kind
        The imported list.
    sheet, point
        The sheet of a workbook, and the column of both coordinates.
    mapping
        Mapping file.
    use_mapping, save_mapping
        Names of the saved mapping to use, and of the mapping to save.
    """

    kind: ListKind
    sheet: str | None
    mapping: Path | None
    use_mapping: str | None
    save_mapping: str | None
    point: str | None = None

    def read_options(self, store: Store) -> ReadOptions:
        """Return the options for the reader.

        Raises
        ------
        FileError
            If the mapping file is not valid.
        NotFoundError
            If the saved mapping does not exist.
        """
        return ReadOptions(with_point_column(self._mapping(store), self.point), self.sheet)

    def save(self, store: Store) -> None:
        """Save the mapping file if the command asks for it."""
        if self.save_mapping and self.mapping:
            save_mapping(store, self.kind, self.save_mapping, self.mapping.read_bytes())
            click.echo(f"mapping saved 已保存列映射: {self.save_mapping}", err=True)

    def _mapping(self, store: Store) -> ColumnMapping:
        if self.mapping:
            with in_file(self.mapping.name):
                return parse_mapping(self.mapping.read_bytes(), COLUMNS[self.kind])
        return load_mapping(store, self.kind, self.use_mapping) if self.use_mapping else NO_MAPPING


def table_options(kind: ListKind) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds the options to a command, which receives a `TableChoice` in `choice`."""
    options = [
        click.option("--sheet", metavar="NAME", help="Sheet of a workbook; by default the first visible one."),
        click.option(
            "--mapping",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="TOML file with the names of the columns, and codes for the words of the file.",
        ),
        click.option("--use-mapping", metavar="NAME", help="Use the mapping saved as NAME."),
        click.option("--save-mapping", metavar="NAME", help="With --mapping and --commit: save the mapping as NAME."),
    ]
    if "point" in COLUMNS[kind].names:
        options.append(
            click.option("--point", metavar="COLUMN", help="Column of both coordinates, such as 113.2988,40.09.")
        )

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapper(**given: Any) -> None:  # noqa: ANN401 - click's
            names = ("sheet", "mapping", "use_mapping", "save_mapping", "point")
            chosen = {name: given.pop(name, None) for name in names}
            if chosen["mapping"] and chosen["use_mapping"]:
                raise click.UsageError("--mapping and --use-mapping exclude each other.")
            if chosen["save_mapping"] and not chosen["mapping"]:
                raise click.UsageError("--save-mapping requires --mapping.")
            command(choice=TableChoice(kind, **chosen), **given)

        for option in reversed(options):
            wrapper = option(wrapper)
        return wrapper

    return decorate


def print_rows(file: Path, refused: Iterable[Refusal], left_out: Iterable[LeftOutRow]) -> None:
    """Print the refused rows and the rows that are no records to stderr."""
    for refusal in refused:
        click.echo(f"{file.name}:{refusal.row}: {refusal.field or '-'}: {refusal.reason} [{refusal.code}]", err=True)
    for row in left_out:
        click.echo(
            f"{file.name}:{row.number}: left out, not a record 非记录行，已略过: {clean_name(row.text)}", err=True
        )
