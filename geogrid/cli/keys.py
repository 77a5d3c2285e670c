"""``geogrid keys``."""

from __future__ import annotations

import click

from geogrid.cli.common import open_store
from geogrid.services import accounts


@click.group()
def keys() -> None:
    """Keys of API clients. API 密钥。"""


@keys.command()
@click.argument("name")
def add(name: str) -> None:
    """Make a key and print it, for the only time. 新建密钥。"""
    with open_store() as store:
        click.echo(accounts.create_key(store, name))


@keys.command("list")
def list_keys() -> None:
    """List the keys: number, name, since when, and whether revoked. 列出密钥。"""
    with open_store() as store:
        for key in accounts.list_keys(store):
            state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "in force"
            click.echo(f"{key.id:>4}  {key.created_at:%Y-%m-%d %H:%M}  {state:<24}  {key.name}")


@keys.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
def revoke(number: int) -> None:
    """Revoke the key of a NUMBER; it opens nothing from then on. 吊销密钥。"""
    with open_store() as store:
        accounts.revoke_key(store, number)
