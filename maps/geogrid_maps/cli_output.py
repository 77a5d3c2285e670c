"""Write maps to files: pages and prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from geogrid.cli.command_support import translate_write_errors
from geogrid_maps.map_page import render_file
from geogrid_maps.prints import Printing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geogrid_maps.map_page import Drawing
    from geogrid_maps.prints import Paper, Print

_PRINT_SUFFIXES: Final = {".pdf", ".png"}


@dataclass(frozen=True, slots=True)
class MapOutput:
    """Output file of a map.

    Attributes
    ----------
    path
        File to write: a print if it ends in .pdf or .png, otherwise a page.
    paper
        Paper of a print.
    """

    path: Path
    paper: Paper

    def write(self, draw: Callable[[], Drawing], make_print: Callable[[Printing], Print]) -> None:
        """Write a map.

        Parameters
        ----------
        draw
            Return the page.
        make_print
            Return the print.
        """
        if self.path.suffix.lower() in _PRINT_SUFFIXES:
            _write_print(self.path, make_print(Printing(self.paper, datetime.now(UTC))))
        else:
            write_page(self.path, *render_file(draw()))


def write_page(out: Path, html: str, outside: list[str]) -> None:
    """Write a page, and print its size and the URLs that it still loads."""
    with translate_write_errors(out):
        out.write_text(html, encoding="utf-8")
    for address in outside:
        click.echo(f"Not in the file, loaded from outside 未内嵌: {address}", err=True)
    click.echo(f"{out}: {len(html.encode()) / 1e6:.1f} MB")


def _write_print(out: Path, map_print: Print) -> None:
    # matplotlib loads slowly, and pages do not need it.
    from geogrid_maps.prints.render import render_pdf, render_png  # noqa: PLC0415

    content = render_pdf(map_print) if out.suffix.lower() == ".pdf" else render_png(map_print)
    with translate_write_errors(out):
        out.write_bytes(content)
    click.echo(f"{out}: {len(content) / 1e6:.1f} MB")
