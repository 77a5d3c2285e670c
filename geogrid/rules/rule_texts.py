"""The texts of all rule files of a district, from a folder or as shipped with geogrid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.reference_files import DEMO_SCHEME, data_path, included_path
from geogrid.rules.profile import Profile

if TYPE_CHECKING:
    from pathlib import Path

#: Names of the rule files, in the order of lists. Together they are one version of the rules.
RULE_FILES: Final = (
    Profile.file,
    "categories.json",
    "workflow.json",
    "limits.json",
    "calendar.json",
    "routing.json",
    "triage.json",
    "duplicates.json",
    "cards.json",
    "ledger.json",
    "figures.json",
    "roles.json",
    "themes.json",
)
#: Largest size of a rule file in bytes.
MAX_BYTES: Final = 4_000_000

RuleTexts = Mapping[str, str]


def read_included(scheme: str = DEMO_SCHEME) -> dict[str, str]:
    """Return the texts of the rules shipped with geogrid by file name, with the profile of the demo.

    Parameters
    ----------
    scheme
        Name of the scheme of categories: a folder below ``data/schemes/`` with the files that differ. Its
        ``departments.toml``, if it has one, replaces the departments of the profile.
    """
    paths = {file: included_path(file, scheme) for file in RULE_FILES if file != Profile.file}
    paths[Profile.file] = data_path("demo", Profile.file)
    texts = {file: paths[file].read_text(encoding="utf-8") for file in RULE_FILES}
    departments = data_path("schemes", scheme) / "departments.toml"
    if departments.exists():
        own = departments.read_text(encoding="utf-8")
        texts[Profile.file] = replace_departments(texts[Profile.file], own)
    return texts


def replace_departments(profile: str, departments: str) -> str:
    r"""Return the text of a profile with other departments; its other tables and comments stay.

    Parameters
    ----------
    profile, departments
        TOML texts: a profile, and the tables ``[[departments]]`` for it.

    Examples
    --------
    >>> replace_departments('a = 1\n[[departments]]\nname = "x"\n', '[[departments]]\nname = "y"\n')
    'a = 1\n\n[[departments]]\nname = "y"\n'
    """
    kept = re.sub(r"(?ms)^\[\[departments\]\]\n.*?(?=^\[|\Z)", "", profile)
    return f"{kept.rstrip()}\n\n{departments}"


def read_rule_folder(folder: Path) -> dict[str, str]:
    """Return the texts of the rule files in a folder by file name. Other files are ignored.

    Raises
    ------
    FileError
        If a file is missing, is too large, or is not in UTF-8.
    """
    return {file: _read_rule_file(folder / file) for file in RULE_FILES}


def _read_rule_file(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileError(f"{path.name} has more than {MAX_BYTES:,} bytes.", code="rules_large", field=path.name)
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise FileError(
            f"The rule file {path.name} is missing in the folder.",
            code="rules_missing",
            field=path.name,
            remedy="`geogrid rules export FOLDER` writes all files of the active version.",
        ) from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path.name} is not in UTF-8.", code="rules_encoding", field=path.name) from error
