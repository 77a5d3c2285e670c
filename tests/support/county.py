"""德清县, a second district beside the demo, made by the commands of the page *Your own district* alone."""

import os
import re
import shlex
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from geogrid.category_tree import category_tree, set_category_tree
from geogrid.cli.main import cli
from geogrid.local_time import local_zone, set_local_zone
from tests.support import deqing_office

#: Words of the demo, which no other district may meet.
DEMO_WORDS = ("平城", "大同", "Datong", "Pingcheng", "140213")
ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "deqing"
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
#: The password of the account that the page creates.
PASSWORD = "a long enough password"


@dataclass(frozen=True)
class CommandAnswer:
    """A command of a page, the answer on the page, and that of the program."""

    command: str
    documented: str
    output: str
    exit_code: int


@contextmanager
def own_process():
    """Restore what commands set for their process: working directory, time zone and categories."""
    here, zone, tree = Path.cwd(), local_zone(), category_tree()
    try:
        yield
    finally:
        os.chdir(here)
        set_local_zone(zone)
        set_category_tree(tree)


def read_commands(language):
    """Return the commands of the page with their documented answers."""
    text = (ROOT / "docs" / language / "your-own-district.md").read_text(encoding="utf-8")
    for block in _BLOCK.findall(text):
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            command, _, answer = part.partition("\n")
            yield command, answer


def run_page(language, folder):
    """Run the commands of the page in a folder with the files of the office, and return all answers."""
    deqing_office.write_layers(folder)
    deqing_office.write_incidents(folder / "2026.xlsx")
    deqing_office.write_people(folder / "people.xlsx")
    shutil.copy(DATA / "mapping.toml", folder)
    answers = []
    with own_process():
        os.chdir(folder)
        for command, documented in read_commands(language):
            words = shlex.split(command)[1:]
            asked = f"{PASSWORD}\n" if words[:2] == ["users", "add"] else None
            done = CliRunner(env={"GEOGRID_HOME": "deqing"}).invoke(
                cli, [*words, *(["--password-stdin"] if asked else [])], input=asked
            )
            answers.append(CommandAnswer(command, documented, done.output, done.exit_code))
            if words[0] == "init":
                # The clerk edits the profile.
                shutil.copy(DATA / "profile.toml", folder / "deqing" / "rules")
    return answers
