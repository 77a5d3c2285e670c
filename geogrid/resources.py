"""Where the data files lie: ``data/`` of a clone, ``geogrid/data/`` of an installed wheel."""

from __future__ import annotations

from pathlib import Path

from geogrid.errors import SetupError

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "data", _PACKAGE.parent / "data")


def data_path(*parts: str) -> Path:
    """Return the path of a file or folder that geogrid ships.

    Parameters
    ----------
    *parts
        The way below ``data/``.

    Raises
    ------
    SetupError
        If it is in neither place.

    Examples
    --------
    >>> data_path("reference", "divisions.csv").name
    'divisions.csv'
    """
    for root in _ROOTS:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise SetupError(
        f"The data file {'/'.join(parts)} is missing.", code="data_missing", remedy="Install geogrid again."
    )
