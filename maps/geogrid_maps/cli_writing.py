"""How commands write pages to files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geogrid.cli.common import writing

if TYPE_CHECKING:
    from pathlib import Path


def write_page(out: Path, html: str, outside: list[str]) -> None:
    """Write a page, and say what it still loads from outside and how large it is."""
    with writing(out):
        out.write_text(html, encoding="utf-8")
    for address in outside:
        click.echo(f"Not in the file, loaded from outside 未内嵌: {address}", err=True)
    click.echo(f"{out}: {len(html.encode()) / 1e6:.1f} MB")
