"""The texts of all rule files of a district, from a folder or as shipped with geogrid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.reference_files import DEMO_SCHEME, data_path, included_path
from geogrid.rules.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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
    return _read_scheme(scheme, data_path("demo", Profile.file))


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


def read_starting(scheme: str = DEMO_SCHEME) -> dict[str, str]:
    """Return the texts of the rules of a district that has not been named: a scheme with the neutral profile."""
    return _read_scheme(scheme, data_path("reference", Profile.file))


def _read_scheme(scheme: str, profile: Path) -> dict[str, str]:
    paths = {file: profile if file == Profile.file else included_path(file, scheme) for file in RULE_FILES}
    texts = {file: path.read_text(encoding="utf-8") for file, path in paths.items()}
    departments = data_path("schemes", scheme) / "departments.toml"
    if departments.exists():
        own = departments.read_text(encoding="utf-8")
        texts[Profile.file] = replace_departments(texts[Profile.file], own)
    return texts


def read_rule_files(paths: Iterable[Path]) -> dict[str, str]:
    """Return the texts of rule files by file name, from files and from folders that contain them.

    Raises
    ------
    FileError
        If a file is no rule file, occurs twice, is too large, or is not in UTF-8, or if a folder has no rule file.
    """
    texts: dict[str, str] = {}
    for path in _iterate_files(paths):
        check_file_name(path.name)
        if path.name in texts:
            raise FileError(f"{path.name} is given twice.", code="rules_file_twice", field=path.name)
        texts[path.name] = _read_rule_file(path)
    return texts


def check_file_name(name: str) -> None:
    """Raise if a name is not that of a rule file.

    Raises
    ------
    FileError
        With the names of all rule files.
    """
    if name not in RULE_FILES:
        raise FileError(
            "This is not the name of a rule file.",
            code="rules_file_unknown",
            field="files",
            remedy=f"The names are {', '.join(RULE_FILES)}.",
        )


def _iterate_files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = [path / file for file in RULE_FILES if (path / file).is_file()]
        if not found:
            raise FileError(
                "The folder contains no rule file.",
                code="rules_missing",
                field=path.name,
                remedy="`geogrid rules export FOLDER` writes the files of the active version.",
            )
        yield from found


def _read_rule_file(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise FileError(f"{path.name} has more than {MAX_BYTES:,} bytes.", code="rules_large", field=path.name)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{path.name} is not in UTF-8.", code="rules_encoding", field=path.name) from error
