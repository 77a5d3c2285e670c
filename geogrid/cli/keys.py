"""``geogrid keys``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import open_store
from geogrid.cli.granting import grant_options, parse_grant
from geogrid.services import keys as service
from geogrid.services.grants import describe

if TYPE_CHECKING:
    from geogrid.store.keys import KeyRecord

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def keys() -> None:
    """Keys of API clients. API 密钥。"""


@keys.command()
@click.argument("name")
@grant_options
@click.option("--expires", type=_DAY, metavar="DAY", help="The last day that it opens something 有效期至.")
def add(
    name: str,
    roles: tuple[str, ...],
    areas: tuple[str, ...],
    categories: tuple[str, ...],
    departments: tuple[str, ...],
    expires: datetime | None,
) -> None:
    """Make a key and print it, for the only time. 新建密钥。

    Without --role it is an api_client: it reports, imports and reads incidents, and reads figures. Bounds of several
    kinds all have to hold.

    \b
    geogrid keys add hotline --area 140213051 --expires 2027-12-31
    geogrid keys add sensors --category Z06
    """  # noqa: D301 - \b is click's mark for "as it stands"
    grant = parse_grant(roles or tuple(service.API_CLIENT.roles), areas, categories, departments)
    with open_store() as store:
        click.echo(service.create_key(store, name, grant, last_day=expires.date() if expires else None))


@keys.command("list")
def list_keys() -> None:
    """List the keys: number, since when, whether in force, last used, what it may do. 列出密钥。

    "every role" is also what keys have that were made before there were roles: they go on doing what they could.
    """
    with open_store() as store:
        for key in service.list_keys(store):
            used = f"used {key.last_used_at:%Y-%m-%d %H}h" if key.last_used_at else "never used"
            click.echo(
                f"{key.id:>4}  {key.created_at:%Y-%m-%d %H:%M}  {_state(key):<24}  {used:<19}  {key.name}"
                f"  [{describe(key.grant)}]"
            )


@keys.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
def revoke(number: int) -> None:
    """Revoke the key of a NUMBER; it opens nothing from then on. 吊销密钥。"""
    with open_store() as store:
        service.revoke_key(store, number)


def _state(key: KeyRecord) -> str:
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
    if key.expires_at is None:
        return "in force"
    over = key.expires_at <= datetime.now(UTC)
    return f"{'expired' if over else 'until'} {key.expires_at:%Y-%m-%d %H:%M}"
