"""The commands ``geogrid keys``: API keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import open_store
from geogrid.cli.grant_options import grant_options, parse_grant
from geogrid.constants import MAX_ID
from geogrid.services import api_keys as service
from geogrid.services.grant_validation import describe_grant

if TYPE_CHECKING:
    from geogrid.store.api_keys import KeyRecord

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def keys() -> None:
    """Manage API keys. API 密钥。"""


@keys.command()
@click.argument("name")
@grant_options
@click.option("--expires", type=_DAY, metavar="DAY", help="Last day of validity 有效期至.")
def add(
    name: str,
    roles: tuple[str, ...],
    areas: tuple[str, ...],
    categories: tuple[str, ...],
    departments: tuple[str, ...],
    expires: datetime | None,
) -> None:
    """Create a key and print it; it is shown only once. 新建密钥。

    The default role is api_client, which reports, imports and reads incidents, and reads figures. Bounds of different
    kinds must all be met.

    \b
    geogrid keys add hotline --area CODE --expires 2027-12-31
    geogrid keys add sensors --category Z06
    """  # noqa: D301 - click keeps the line breaks after \b
    grant = parse_grant(roles or tuple(service.API_CLIENT.roles), areas, categories, departments)
    with open_store() as store:
        click.echo(service.create_key(store, name, grant, last_day=expires.date() if expires else None))


@keys.command("list")
def list_keys() -> None:
    """List the keys with id, creation time, state, last use and roles. 列出密钥。

    "every role" also describes keys that were created before roles existed.
    """
    with open_store() as store:
        for key in service.list_keys(store):
            used = f"used {key.last_used_at:%Y-%m-%d %H}h" if key.last_used_at else "never used"
            click.echo(
                f"{key.id:>4}  {key.created_at:%Y-%m-%d %H:%M}  {_format_state(key):<24}  {used:<19}  {key.name}"
                f"  [{describe_grant(key.grant)}]"
            )


@keys.command()
@click.argument("key_id", metavar="ID", type=click.IntRange(1, MAX_ID))
def revoke(key_id: int) -> None:
    """Revoke the key ID. 吊销密钥。"""
    with open_store() as store:
        service.revoke_key(store, key_id)


def _format_state(key: KeyRecord) -> str:
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
    if key.expires_at is None:
        return "active"
    is_expired = key.expires_at <= datetime.now(UTC)
    return f"{'expired' if is_expired else 'until'} {key.expires_at:%Y-%m-%d %H:%M}"
