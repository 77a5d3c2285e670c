"""``geogrid users``."""

from __future__ import annotations

import sys

import click

from geogrid.cli.command_support import open_store
from geogrid.cli.granting import grant_options, parse_grant, parse_roles
from geogrid.errors import InputError
from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE
from geogrid.services import users as service
from geogrid.services.grants import describe
from geogrid.services.passwords import MAX_LENGTH

_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")


@click.group()
def users() -> None:
    """Accounts of people. 用户账号。"""


@users.command()
@click.argument("name")
@click.option("--display", default="", metavar="TEXT", help="What other people see 显示名; by default NAME.")
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
    """Make an account NAME; its password is asked for twice. 新建账号。

    Bounds of several kinds all have to hold.

    \b
    geogrid users add dispatch01 --role dispatcher --area 140213051
    """  # noqa: D301 - \b is click's mark for "as it stands"
    grant = parse_grant(roles, areas, categories, departments)
    with open_store() as store:
        made = service.add_user(
            store,
            load_rules(),
            CONSOLE,
            name=name,
            display_name=display,
            password=_password(from_stdin=password_stdin),
            grant=grant,
        )
    click.echo(f"{made.name}: {describe(made.grant)}")


@users.command("list")
def list_users() -> None:
    """List the accounts: since when, whether in force, name, what it may do. 列出账号。"""
    with open_store() as store:
        for user in service.list_users(store, CONSOLE):
            state = f"disabled {user.disabled_at:%Y-%m-%d %H:%M}" if user.disabled_at else "in force"
            click.echo(
                f"{user.id:>4}  {user.created_at:%Y-%m-%d %H:%M}  {state:<25}  {user.name}  {user.display_name}"
                f"  [{describe(user.grant)}]"
            )


@users.command("set")
@click.argument("name")
@click.option("--display", metavar="TEXT", help="What other people see 显示名.")
@grant_options
@click.option("--no-bounds", is_flag=True, help="Take all bounds away before those of this call are set 取消范围限制.")
@click.option("--enable", is_flag=True, help="Let a disabled account in again 重新启用.")
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
    """Change the account NAME: what is given replaces what it had, all else stays. 修改账号。

    Its sessions end where its roles or bounds change.
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
        changed = service.change_user(store, load_rules(), CONSOLE, name, change)
    click.echo(f"{changed.name}: {describe(changed.grant)}")


@users.command()
@click.argument("name")
def disable(name: str) -> None:
    """Let the account NAME in no more; its sessions end. What it did stays. 停用账号。"""
    with open_store() as store:
        service.change_user(store, load_rules(), CONSOLE, name, service.AccountChange(enabled=False))


@users.command()
@click.argument("name")
@_stdin
def password(name: str, *, password_stdin: bool) -> None:
    """Give the account NAME another password, which is asked for twice; its sessions end. 修改密码。"""
    with open_store() as store:
        service.set_password(store, CONSOLE, name, _password(from_stdin=password_stdin))


def _password(*, from_stdin: bool) -> str:
    """Return a password, never from the command's own words: others on the machine can read those."""
    if from_stdin:
        return sys.stdin.readline(MAX_LENGTH + 2).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InputError(
            "There is no terminal to ask for the password at.",
            code="password_missing",
            field="password",
            remedy="Add --password-stdin and send it as one line.",
        )
    typed: str = click.prompt("Password 密码", hide_input=True, confirmation_prompt="Again 再输一次")
    return typed
