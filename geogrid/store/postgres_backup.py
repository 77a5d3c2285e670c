"""Backups of PostgreSQL, made with pg_dump, pg_restore and psql."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from geogrid.errors import FileError, SetupError
from geogrid.store.postgres import WRITE_LOCK_ID
from geogrid.store.tables import metadata

_REVISIONS: Final = "alembic_version"
_QUIET: Final = ("--no-owner", "--no-privileges")


def write_backup(url: URL, file: Path) -> None:
    """Write the tables of geogrid to a pg_dump archive.

    Raises
    ------
    SetupError
        If pg_dump is not installed, or fails.
    """
    tables = [f"--table={name}" for name in _table_names()]
    _run_program("pg_dump", "--format=custom", *_QUIET, *tables, f"--file={file}", url=url)


def read_revision(file: Path) -> str:
    """Check an archive and return its schema revision.

    Raises
    ------
    FileError
        If the file is not a complete archive.
    """
    try:
        # Unpacking the whole archive detects damage.
        _run_program("pg_restore", f"--file={os.devnull}", str(file))
        rows = _run_program("pg_restore", "--data-only", f"--table={_REVISIONS}", "--file=-", str(file)).splitlines()
    except SetupError as error:
        if error.code != "tool_failed":
            raise
        rows = []
    copy_positions = [position for position, row in enumerate(rows) if row.startswith("COPY ")]
    if not copy_positions:
        raise FileError(
            "The file is not a complete backup of a geogrid database on PostgreSQL.",
            code="not_a_backup",
            remedy="Use a file that geogrid db backup has written from PostgreSQL.",
        )
    return rows[copy_positions[0] + 1].strip()


def restore_backup(url: URL, file: Path) -> None:
    """Replace the tables of geogrid by those of an archive, in one transaction.

    Raises
    ------
    SetupError
        If pg_restore or psql is not installed, or fails.
    """
    # Drop all current tables, including those missing from an older archive.
    drop = f"DROP TABLE IF EXISTS {', '.join(_table_names())} CASCADE"
    with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
        script = Path(folder) / "restore.sql"
        # Write the whole script before psql changes anything.
        _run_program("pg_restore", *_QUIET, f"--file={script}", str(file))
        lock = f"SELECT pg_advisory_xact_lock({WRITE_LOCK_ID})"
        quiet = ("--no-psqlrc", "--quiet", "--output", os.devnull, "--set=ON_ERROR_STOP=1")
        steps = (f"--command={lock}", f"--command={drop}", f"--file={script}")
        _run_program("psql", *quiet, "--single-transaction", *steps, url=url)


def _table_names() -> list[str]:
    return [*(table.name for table in metadata.sorted_tables), _REVISIONS]


def _run_program(program: str, *arguments: str, url: URL | None = None) -> str:
    path = shutil.which(program)
    if path is None:
        raise SetupError(
            f"{program} is not installed.", code="tool_missing", remedy="Run: apt-get install postgresql-client-15"
        )
    database = (f"--dbname={_conninfo(url)}", "--no-password") if url else ()
    done = subprocess.run(  # noqa: S603 - our own arguments
        [path, *database, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **_password_variables(url), "PGCONNECT_TIMEOUT": "10", "LC_ALL": "C.UTF-8"},
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no error message"])[-1]
        raise SetupError(f"{program} failed: {last}", code="tool_failed")
    return done.stdout


def _conninfo(url: URL) -> str:
    # Without the password: every user of the machine can read the command line.
    query = {name: value for name, value in url.query.items() if name != "password"}
    public = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return public.render_as_string(hide_password=False)


def _password_variables(url: URL | None) -> dict[str, str]:
    password = (url.password or url.query.get("password")) if url else None
    return {"PGPASSWORD": str(password)} if password else {}
