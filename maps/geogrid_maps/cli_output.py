"""How commands write maps to files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from geogrid.cli.command_support import writing
from geogrid_maps.page import render_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geogrid_maps.page import Drawing
    from geogrid_maps.prints import Paper, Print

_SHEETS: Final = {".pdf", ".png"}


@dataclass(frozen=True, slots=True)
class MapOutput:
    """The file that a map is written to.

    Attributes
    ----------
    path
        Its ending tells what it is: .pdf and .png are sheets to print, all others pages.
    paper
        The size of a sheet.
    """

    path: Path
    paper: Paper

    def write(self, draw: Callable[[], Drawing], draft: Callable[..., Print]) -> None:
        """Write a map.

        Parameters
        ----------
        draw
            Makes the page.
        draft
            Makes the sheet, of a ``paper`` and the moment when it is ``printed``.
        """
        if self.path.suffix.lower() in _SHEETS:
            _write_sheet(self.path, draft(paper=self.paper, printed=datetime.now(UTC)))
        else:
            write_page(self.path, *render_file(draw()))


def write_page(out: Path, html: str, outside: list[str]) -> None:
    """Write a page, and say what it still loads from outside and how large it is."""
    with writing(out):
        out.write_text(html, encoding="utf-8")
    for address in outside:
        click.echo(f"Not in the file, loaded from outside 未内嵌: {address}", err=True)
    click.echo(f"{out}: {len(html.encode()) / 1e6:.1f} MB")


def _write_sheet(out: Path, sheet: Print) -> None:
    # matplotlib takes its time to load, and pages do without it.
    from geogrid_maps.prints.render import render_pdf, render_png  # noqa: PLC0415

    content = render_pdf(sheet) if out.suffix.lower() == ".pdf" else render_png(sheet)
    with writing(out):
        out.write_bytes(content)
    click.echo(f"{out}: {len(content) / 1e6:.1f} MB")
