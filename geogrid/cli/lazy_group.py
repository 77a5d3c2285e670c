"""Click groups that list their commands from a table and import a command module only when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geogrid.cli.command_table import COMMANDS, CommandText

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint


class LazyGroup(click.Group):
    """A group whose commands are imported on first use.

    Entry points define the commands of packages that the library cannot import.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **kwargs)
        self._lazy: dict[str, EntryPoint] = {}

    def add_lazy(self, entry: EntryPoint) -> None:
        """Add a command by its entry point."""
        self._lazy[entry.name] = entry

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted([*super().list_commands(ctx), *self._lazy])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command. A group of the table is returned without importing its module."""
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        entry, text = self._lazy[cmd_name], COMMANDS.get(cmd_name)
        if text and text.children:
            return ListedGroup(entry, text)
        command: click.Command = entry.load()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table."""
        lines = {name: _first_line(self._lazy[name]) for name in self.list_commands(ctx) if name in self._lazy}
        _write_commands(formatter, lines)


class ListedGroup(click.Group):
    """A group of the table, which imports the real group when one of its commands is used.

    Parameters
    ----------
    entry
        Entry point of the real group, which has no options and no callback.
    text
        Row of the table.
    """

    def __init__(self, entry: EntryPoint, text: CommandText) -> None:
        super().__init__(entry.name, help=text.help)
        self._entry = entry
        self._children = text.children

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own
        """Return the names in the table."""
        return sorted(self._children)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command of the real group."""
        if cmd_name not in self._children:
            return None
        group: click.Group = self._entry.load()
        return group.get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's own
        """Write the list of commands from the table."""
        _write_commands(formatter, self._children)


def _first_line(entry: EntryPoint) -> str:
    if text := COMMANDS.get(entry.name):
        return text.help.partition("\n")[0]
    return f"Command of the package {entry.dist.name}." if entry.dist else ""


def _write_commands(formatter: click.HelpFormatter, lines: Mapping[str, str]) -> None:
    with formatter.section("Commands"):
        formatter.write_dl(sorted(lines.items()))
