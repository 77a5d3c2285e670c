"""Click groups that list their commands from a table and import a command module only when it is used."""

from __future__ import annotations

import gc
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Final

import click

from geogrid.cli.command_table import COMMANDS, CommandText

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The group of entry points that name the commands of other packages.
ENTRY_POINTS: Final = "geogrid.commands"


class LazyGroup(click.Group):
    """A group whose commands are imported on first use.

    Entry points define the commands of packages that the library cannot import. The search for entry points reads
    files of every installed package, so a command of the table runs without it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **kwargs)
        self._listed = {
            name: EntryPoint(name, text.target, ENTRY_POINTS) for name, text in COMMANDS.items() if text.target
        }

    @cached_property
    def entries(self) -> dict[str, EntryPoint]:
        """All commands by name: those of the table and those of other packages."""
        return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)} | self._listed

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted([*super().list_commands(ctx), *self.entries])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command. A group of the table is returned without importing its module."""
        entry, text = self._listed.get(cmd_name) or self.entries.get(cmd_name), COMMANDS.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        if text and text.children:
            return ListedGroup(entry, text)
        command: click.Command = _load(entry)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table."""
        lines = {name: _first_line(self.entries[name]) for name in self.list_commands(ctx) if name in self.entries}
        _write_commands(formatter, lines)


class ListedGroup(click.Group):
    """A group of the table, which imports the real group when one of its commands is used.

    Parameters
    ----------
    entry
        Entry point of the real group, which has no options.
    text
        Row of the table.
    """

    def __init__(self, entry: EntryPoint, text: CommandText) -> None:
        callback = self._run if text.has_callback else None
        super().__init__(entry.name, help=text.help, callback=callback, invoke_without_command=text.has_callback)
        self._entry = entry
        self._children = text.children

    def _run(self) -> None:
        """Run the callback of the real group if no command follows."""
        if click.get_current_context().invoked_subcommand is None:
            _load(self._entry).callback()

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own
        """Return the names in the table."""
        return sorted(self._children)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command of the real group."""
        if cmd_name not in self._children:
            return None
        group: click.Group = _load(self._entry)
        return group.get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's own
        """Write the list of commands from the table."""
        _write_commands(formatter, self._children)


def _load(entry: EntryPoint) -> Any:  # noqa: ANN401 - a command or a group
    """Import a command. The garbage collector is off meanwhile, which saves a fifth of the time: modules stay."""
    gc.disable()
    try:
        return entry.load()
    finally:
        gc.freeze()
        gc.enable()


def _first_line(entry: EntryPoint) -> str:
    if text := COMMANDS.get(entry.name):
        return text.help.partition("\n")[0]
    return f"Command of the package {entry.dist.name}." if entry.dist else ""


def _write_commands(formatter: click.HelpFormatter, lines: Mapping[str, str]) -> None:
    with formatter.section("Commands"):
        formatter.write_dl(sorted(lines.items()))
