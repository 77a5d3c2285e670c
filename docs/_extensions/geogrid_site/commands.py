"""Markdown of the command reference, from the Click commands themselves."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import click

from geogrid.cli.main import cli
from geogrid_site.escaping import cell, chinese, english, text

if TYPE_CHECKING:
    from collections.abc import Iterator


def markdown() -> str:
    """Return a table of all commands, then a section for each with its usage, help and options."""
    found = list(commands(cli, "geogrid"))
    table = ["| command | purpose |", "|---|---|"]
    table += [f"| [`{name}`](#{anchor(name)}) | {cell(summary(command))} |" for name, command in found]
    return "\n".join([*table, "", *(section(name, command) for name, command in found)])


def chinese_markdown() -> str:
    """Return a table of all commands in Chinese: purpose and names of the options."""
    table = ["| 命令 | 用途 | 选项 |", "|---|---|---|"]
    for name, command in commands(cli, "geogrid"):
        options = [item.opts[-1] for item in command.params if isinstance(item, click.Option)]
        names = "、".join(f"`{option}`" for option in options)
        table.append(f"| `{name}` | {chinese(command.help or '')} | {names} |")
    return "\n".join(table)


def commands(group: click.Group, prefix: str) -> Iterator[tuple[str, click.Command]]:
    """Yield the full name of each command and the command."""
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from commands(command, f"{prefix} {name}")
            elif command is not None:
                yield f"{prefix} {name}", command


def anchor(name: str) -> str:
    """Return the anchor of a command's section.

    >>> anchor("geogrid db check")
    'geogrid-db-check'
    """
    return name.replace(" ", "-")


def summary(command: click.Command) -> str:
    """Return the first paragraph of a command's help."""
    return _help(command).split("\n\n")[0]


def section(name: str, command: click.Command) -> str:
    """Return the section of one command."""
    with click.Context(command, info_name=name) as context:
        usage = " ".join([name, *command.collect_usage_pieces(context)])
        options = [
            record
            for item in command.params  # without --help, which every command has
            if isinstance(item, click.Option) and (record := item.get_help_record(context))
        ]
    lines = [f"({anchor(name)})=", f"## {name}", "", "```text", usage, "```", "", *_paragraphs(command)]
    if options:
        lines += ["| option | meaning |", "|---|---|"]
        lines += [
            f"| `{option.replace('|', chr(92) + '|')}` | {cell(english(meaning))} |" for option, meaning in options
        ]
    return "\n".join([*lines, "", ""])


def _paragraphs(command: click.Command) -> Iterator[str]:
    for paragraph in _help(command).split("\n\n"):
        if paragraph.startswith("\b"):
            yield f"```text\n{paragraph[1:].strip(chr(10))}\n```\n"
        elif paragraph.strip():
            yield f"{text(paragraph)}\n"


def _help(command: click.Command) -> str:
    return english(inspect.cleandoc(command.help or "").split("\f")[0]).strip()
