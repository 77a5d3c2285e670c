"""The modules that the command line imports before it runs a command."""

import json
import subprocess
import sys
from importlib.metadata import entry_points

import click
import pytest

from geogrid.cli.command_table import COMMANDS
from geogrid.cli.main import cli
from geogrid.layers.generation_file_reader import read_generation
from geogrid.reference_files import data_path
from geogrid.services.layer_generations import activate_generation
from geogrid.store.database import Store
from geogrid.store.generations import add_generation

#: `geogrid locate` imports some 640 modules; geopandas alone would add 1,000.
MAX_MODULES = 750
HEAVY = {"numpy", "pandas", "geopandas", "shapely", "pyproj", "pyarrow", "sqlalchemy", "pydantic", "folium", "fastapi"}
MODULES = """
import json, sys
from geogrid.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code
print("\\n" + json.dumps(sorted(sys.modules)))
"""


def imported(*arguments):
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", MODULES, *arguments], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), *((name, "--help") for name, text in COMMANDS.items() if text.children)]
)
def test_help_of_a_group_imports_no_command_and_no_heavy_library(arguments):
    modules = imported(*arguments)
    assert not modules & HEAVY
    targets = {entry.module for entry in entry_points(group="geogrid.commands")}
    targets |= {text.target.partition(":")[0] for text in COMMANDS.values() if text.target}
    assert not modules & targets


def test_locate_imports_no_library_that_it_does_not_need(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    store = Store(f"sqlite:///{tmp_path}/geogrid.db")
    store.upgrade()
    with store.write() as connection:
        generation = add_generation(connection, read_generation(data_path("boundaries")), label="demo")
    activate_generation(store, generation.id)
    store.close()
    modules = imported("locate", "113.3058", "40.0912", "--datum", "gcj02")
    assert modules >= {"numpy", "shapely", "sqlalchemy"}
    unwanted = {"alembic", "esda", "geopandas", "matplotlib", "pandas", "pydantic", "pyproj", "scipy", "tqdm"}
    assert sorted(modules & unwanted) == []
    assert len(modules) < MAX_MODULES


def real_commands():
    return {name: entry.load() for name, entry in cli.entries.items()}


def test_table_has_the_help_of_every_command():
    real = real_commands()
    assert set(real) == set(COMMANDS)
    for name, command in real.items():
        text = COMMANDS[name]
        if isinstance(command, click.Group):
            context = click.Context(command)
            lines = {child: command.get_command(context, child).help for child in command.list_commands(context)}
            assert text.help == command.help
            assert text.children == {child: line.partition("\n")[0] for child, line in lines.items()}
        else:
            assert (text.help, dict(text.children)) == (command.help.partition("\n")[0], {})


def test_groups_of_the_table_have_no_options():
    for command in real_commands().values():
        if isinstance(command, click.Group):
            assert command.params == []


def test_help_is_in_both_languages():
    help_text = click.Context(cli, info_name="geogrid").get_help()
    assert "定位一个点" in help_text
    assert "Return the grids that contain a point" in help_text
