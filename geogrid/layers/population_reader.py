"""Reader of the population of areas from CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError, InputError
from geogrid.model import Population
from geogrid.tabular.csv_format import read_csv_rows
from geogrid.tabular.row_model import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_COLUMNS: Final = {
    "code": ("code", "编码", "网格编码", "区划代码"),
    "people": ("people", "人口", "人口数", "常住人口"),
    "source": ("source", "来源", "数据来源"),
}
_MAX_ROWS: Final = 50_000
_MAX_PEOPLE: Final = 100_000_000
_MAX_SOURCE: Final = 200


@dataclass(frozen=True, slots=True)
class PopulationList:
    """The content of a population file.

    Attributes
    ----------
    people
        Population by area code.
    refused
        The rows that were not imported, with reasons.
    """

    people: dict[str, Population]
    refused: list[Refusal]


def read_population(content: bytes, known: Collection[str]) -> PopulationList:
    r"""Read a population file; an invalid row is refused without affecting the others.

    Parameters
    ----------
    content
        CSV, UTF-8 or GB 18030, with the columns 编码 ``code``, 人口 ``people`` and 来源 ``source``.
    known
        The codes of all areas of the active generation.

    Raises
    ------
    FileError
        If the file cannot be read, lacks a column, or has too many rows.

    Examples
    --------
    >>> text = "编码,人口,来源\n140213051,52000,七普 2020\n140213051,1,七普 2020\n140213050,many,七普 2020\n"
    >>> populations = read_population(text.encode("gbk"), {"140213050", "140213051"})
    >>> populations.people["140213051"].people, [(refusal.row, refusal.code) for refusal in populations.refused]
    (52000, [(3, 'code_twice'), (4, 'not_a_number')])
    """
    lines = [(number, cells) for number, cells in read_csv_rows(content) if any(map(str.strip, cells))]
    if len(lines) > _MAX_ROWS + 1:
        raise FileError(f"The file has more than {_MAX_ROWS:,} rows.", code="too_large", remedy="Split it.")
    positions = _column_positions(lines[0][1] if lines else [])
    populations = PopulationList({}, [])
    for number, cells in lines[1:]:
        code, people, source = ((cells[position].strip() if position < len(cells) else "") for position in positions)
        try:
            _check_code(code, known, populations.people)
            populations.people[code] = Population(_number(people), _source(source), synthetic=False)
        except InputError as error:
            reason = f"{error.message} {error.remedy}" if error.remedy else error.message
            populations.refused.append(Refusal(number, error.field, error.code, reason))
    return populations


def _column_positions(header: Sequence[str]) -> list[int]:
    names = [cell.strip().lower() for cell in header]
    positions = []
    for field, spellings in _COLUMNS.items():
        position = next((names.index(name) for name in spellings if name in names), None)
        if position is None:
            raise FileError(
                f"The column {spellings[1]} ({field}) is missing.",
                code="column_missing",
                field=field,
                remedy="The columns are 编码 code, 人口 people, 来源 source.",
            )
        positions.append(position)
    return positions


def _check_code(code: str, known: Collection[str], taken: Collection[str]) -> None:
    if code not in known:
        raise InputError(
            "The active generation has no area with this code.",
            code="code_unknown",
            field="code",
            remedy="Check all digits of the code.",
        )
    if code in taken:
        raise InputError("An earlier row has this code already.", code="code_twice", field="code")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_PEOPLE))):
        raise InputError("The population is not a whole number.", code="not_a_number", field="people")
    # Zero is a known population, such as that of a park.
    return int(text)


def _source(text: str) -> str:
    if not text or len(text) > _MAX_SOURCE or not text.isprintable():
        raise InputError(
            f"The source is missing or longer than {_MAX_SOURCE} characters.", code="source", field="source"
        )
    return text
