"""Commands that load when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class LazyGroup(click.Group):
    """A group whose commands load only when they are asked for: a command for the telephone must not wait for maps.

    Some of them live in packages above the library, which it cannot import; those are found by entry points.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **kwargs)
        self._lazy: dict[str, EntryPoint] = {}

    def add_lazy(self, entry: EntryPoint) -> None:
        """Announce a command by its entry point."""
        self._lazy[entry.name] = entry

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names."""
        return sorted([*super().list_commands(ctx), *self._lazy])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing it if it has to be."""
        if cmd_name in self._lazy:
            command: click.Command = self._lazy[cmd_name].load()
            return command
        return super().get_command(ctx, cmd_name)
