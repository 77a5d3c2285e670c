"""The commands ``geogrid mappings``: list, show and remove saved mappings."""

from __future__ import annotations

import click

from geogrid.cli.command_support import open_store
from geogrid.services import import_mappings as service
from geogrid.services.import_mappings import ListKind

_KIND = click.argument("kind", type=click.Choice([kind.value for kind in ListKind]), metavar="LIST")


@click.group()
def mappings() -> None:
    """List, show and remove saved mappings of imported tables. 列映射。"""


@mappings.command("list")
def list_mappings() -> None:
    """List the saved mappings with their list and time. 列出列映射。"""
    with open_store() as store:
        for mapping in service.list_mappings(store):
            click.echo(f"{mapping.list:<12}{mapping.saved_at:%Y-%m-%d %H:%M}  {mapping.name}")


@mappings.command("show")
@_KIND
@click.argument("name")
def show(kind: str, name: str) -> None:
    """Print the mapping NAME of LIST, such as incidents, as TOML. 显示列映射。"""
    with open_store() as store:
        click.echo(service.get_mapping(store, ListKind(kind), name).content)


@mappings.command("remove")
@_KIND
@click.argument("name")
def remove(kind: str, name: str) -> None:
    """Remove the mapping NAME of LIST. Imported rows do not change. 删除列映射。"""
    with open_store() as store:
        service.remove_mapping(store, ListKind(kind), name)
