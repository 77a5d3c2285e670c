"""The command ``geogrid assign`` for a folder of point files, resumable."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

import click

from geogrid.cli.command_support import progress_bar
from geogrid.errors import FileError, QueryError, SetupError
from geogrid.locate.bulk.folder_assignment import assign_folder
from geogrid.locate.bulk.storage import make_printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tqdm import tqdm

    from geogrid.locate.bulk.folder_assignment import Engine, FolderSummary, FolderTask

_MAX_LISTED: Final = 20
_WORDS: Final = {"inside": "网格内", "border": "边界上", "outside": "范围外", "refused": "拒绝"}


def run_folder(
    work: FolderTask, notes: Iterable[str], match: str, engine: Engine, *, resume: bool, force: bool
) -> None:
    """Assign the files of a folder, print a summary, and exit with the status.

    Raises
    ------
    FileError
        If no file could be used.
    SetupError
        If the output cannot be written.
    """
    begin = time.perf_counter()
    with progress_bar(0, "files 文件") as bar:
        try:
            done = assign_folder(
                work, match=match, engine=engine, resume=resume, force=force,
                on_progress=lambda files, total: _update_bar(bar, files, total),
            )  # fmt: skip
        except OSError as error:
            raise SetupError(f"{work.out.title} cannot be written: {error.strerror}.", code="cannot_write") from error
    for note in notes:
        click.echo(note, err=True)
    _print_summary(work, done, time.perf_counter() - begin)
    if len(done.faulty) == len(done.files):
        raise FileError("No file of the folder could be processed.", code="folder")
    sys.exit(bool(done.faulty or done.counts["refused"]))


def parse_settings(texts: Iterable[str]) -> dict[str, str]:
    """Return the Spark settings in texts such as ``spark.executor.cores=4``.

    Raises
    ------
    QueryError
        If a text does not have this form.
    """
    pairs = [text.partition("=") for text in texts]
    if not all(name.startswith("spark.") and sign for name, sign, _ in pairs):
        raise QueryError("A Spark setting has the form spark.NAME=VALUE.", code="option", field="--conf")
    return {name: value for name, _, value in pairs}


def print_counts(counts: Mapping[str, int]) -> None:
    """Print the number of rows per status."""
    click.echo(", ".join(f"{word} {_WORDS[word]} {count:,}" for word, count in counts.items()), err=True)


def _update_bar(bar: tqdm, files: int, total: int) -> None:
    bar.total = total
    bar.update(files)


def _print_summary(work: FolderTask, done: FolderSummary, seconds: float) -> None:
    """Print the summary to stderr."""
    good = [file for file in done.files if not file.fault]
    resumed = sum(file.resumed for file in good)
    click.echo(f"{work.out.title}: files 文件 {len(good):,}, rows 行数 {done.rows:,}, by {work.target.name}", err=True)
    if good:
        print_counts(done.counts)
    if resumed:
        click.echo(f"resumed 续作 {resumed:,} files were already complete", err=True)
    _print_names("skipped, not a supported format 跳过", map(make_printable, done.passed_over))
    _print_names("refused file 拒绝文件", (file.fault or "" for file in done.faulty))
    new_rows = sum(file.rows for file in good if not file.resumed)
    click.echo(f"{new_rows / max(seconds, 1e-9):,.0f} points per second 点/秒", err=True)


def _print_names(what: str, names: Iterable[str]) -> None:
    listed = list(names)
    for name in listed[:_MAX_LISTED]:
        click.echo(f"{what}: {name}", err=True)
    if len(listed) > _MAX_LISTED:
        click.echo(f"{what}: … {len(listed) - _MAX_LISTED:,} more", err=True)
