"""The root command of the command line, and the output of errors."""

from __future__ import annotations

import sys
from typing import Any

import click

from geogrid.cli.lazy_group import LazyGroup
from geogrid.errors import GeogridError, SetupError
from geogrid.extras import optional_imports

_EPILOG = """\b
Examples 例:
  geogrid demo                                        create the demo data
  geogrid locate 113.3058 40.0912 --datum gcj02       find the responsible grid of a point from a phone
  geogrid assign in.csv out.parquet --datum gcj02     add the grids to every row of a file
  geogrid map heatmap heat.html                       write the heat map to one file
  geogrid serve                                       start the API and the maps

Exit status 退出码: 0 success, 1 negative result (point outside the district, rows refused), 2 error."""


@click.group(cls=LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "-V", "--version", package_name="geogrid", prog_name="geogrid")
def cli() -> None:
    """Grid management of an urban district. 城区网格化管理。

    The data are stored in the folder GEOGRID_HOME, by default ./geogrid-data.
    """


def main(arguments: list[str] | None = None) -> Any:  # noqa: ANN401 - click's own
    """Run the command line. A `GeogridError` or `OSError` prints one line and exits with status 2."""
    try:
        with optional_imports():
            return cli.main(args=arguments, prog_name="geogrid")
    except GeogridError as error:
        click.echo(f"geogrid: {error.title}: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"geogrid: {SetupError.title}: {place}{error.strerror or error}.", err=True)
        sys.exit(2)
