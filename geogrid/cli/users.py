"""The commands ``geogrid users``: accounts, roles and passwords."""

from __future__ import annotations

import sys

import click

from geogrid.cli.command_support import open_store
from geogrid.cli.grant_options import grant_options, parse_grant, parse_roles
from geogrid.errors import InputError
from geogrid.model import CONSOLE
from geogrid.services import users as service
from geogrid.services.grant_validation import describe_grant
from geogrid.services.passwords import MAX_LENGTH
from geogrid.services.rule_versions import load_active_rules

_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")


@click.group()
def users() -> None:
    """Manage user accounts. 用户账号。"""


@users.command()
@click.argument("name")
@click.option("--display", default="", metavar="TEXT", help="Display name 显示名; by default NAME.")
@grant_options
@_stdin
def add(
    name: str,
    display: str,
    roles: tuple[str, ...],
    areas: tuple[str, ...],
    categories: tuple[str, ...],
    departments: tuple[str, ...],
    *,
    password_stdin: bool,
) -> None:
    """Create the account NAME; the command prompts for the password. 新建账号。

    Bounds of different kinds must all be met.

    \b
    geogrid users add dispatch01 --role dispatcher --area CODE
    """  # noqa: D301 - click keeps the line breaks after \b
    grant = parse_grant(roles, areas, categories, departments)
    with open_store() as store:
        user = service.add_user(
            store,
            load_active_rules(store),
            CONSOLE,
            name=name,
            display_name=display,
            password=_read_password(from_stdin=password_stdin),
            grant=grant,
        )
    click.echo(f"{user.name}: {describe_grant(user.grant)}")


@users.command("list")
def list_users() -> None:
    """List the accounts with id, creation time, state, name and roles. 列出账号。"""
    with open_store() as store:
        for user in service.list_users(store, CONSOLE):
            state = f"disabled {user.disabled_at:%Y-%m-%d %H:%M}" if user.disabled_at else "active"
            click.echo(
                f"{user.id:>4}  {user.created_at:%Y-%m-%d %H:%M}  {state:<25}  {user.name}  {user.display_name}"
                f"  [{describe_grant(user.grant)}]"
            )


@users.command("set")
@click.argument("name")
@click.option("--display", metavar="TEXT", help="Display name 显示名.")
@grant_options
@click.option("--no-bounds", is_flag=True, help="Remove all bounds before setting those of this command 取消范围限制.")
@click.option("--enable", is_flag=True, help="Enable a disabled account 重新启用.")
def set_user(
    name: str,
    display: str | None,
    roles: tuple[str, ...],
    areas: tuple[str, ...],
    categories: tuple[str, ...],
    departments: tuple[str, ...],
    *,
    no_bounds: bool,
    enable: bool,
) -> None:
    """Change the given properties of the account NAME. 修改账号。

    A change of roles or bounds ends its sessions.
    """
    nothing = () if no_bounds else None
    change = service.AccountChange(
        display_name=display,
        roles=parse_roles(roles) if roles else None,
        areas=areas or nothing,
        categories=categories or nothing,
        departments=departments or nothing,
        enabled=enable or None,
    )
    with open_store() as store:
        changed = service.change_user(store, load_active_rules(store), CONSOLE, name, change)
    click.echo(f"{changed.name}: {describe_grant(changed.grant)}")


@users.command()
@click.argument("name")
def disable(name: str) -> None:
    """Disable the account NAME and end its sessions. Its steps remain in the history. 停用账号。"""
    with open_store() as store:
        service.change_user(store, load_active_rules(store), CONSOLE, name, service.AccountChange(enabled=False))


@users.command()
@click.argument("name")
@_stdin
def password(name: str, *, password_stdin: bool) -> None:
    """Change the password of the account NAME and end its sessions. 修改密码。"""
    with open_store() as store:
        service.set_password(store, CONSOLE, name, _read_password(from_stdin=password_stdin))


def _read_password(*, from_stdin: bool) -> str:
    """Return the password from stdin or a prompt. Other users can read the arguments of a command."""
    if from_stdin:
        return sys.stdin.readline(MAX_LENGTH + 2).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InputError(
            "The password cannot be prompted for without a terminal.",
            code="password_missing",
            field="password",
            remedy="Add --password-stdin and write it to standard input.",
        )
    typed: str = click.prompt("Password 密码", hide_input=True, confirmation_prompt="Again 再输一次")
    return typed
