"""How many people live in areas: a list that an office brings, as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError, InputError
from geogrid.model import Population
from geogrid.tabular.delimited import csv_lines
from geogrid.tabular.table_rows import Refusal

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
    """A list of populations as it stands in a file.

    Attributes
    ----------
    people
        By the code of an area.
    refused
        The rows that cannot be kept, each with its reason.
    """

    people: dict[str, Population]
    refused: list[Refusal]


def read_population(content: bytes, known: Collection[str]) -> PopulationList:
    r"""Read a list of populations; each bad row is refused by itself.

    Parameters
    ----------
    content
        CSV, UTF-8 or GB 18030, with the columns 编码 ``code``, 人口 ``people`` and 来源 ``source``.
    known
        The codes of all areas.

    Raises
    ------
    FileError
        If it is no such file, or too long.

    Examples
    --------
    >>> text = "编码,人口,来源\n140213051,52000,七普 2020\n140213051,1,七普 2020\n140213050,many,七普 2020\n"
    >>> found = read_population(text.encode("gbk"), {"140213050", "140213051"})
    >>> found.people["140213051"].people, [(refusal.row, refusal.code) for refusal in found.refused]
    (52000, [(3, 'code_twice'), (4, 'not_a_number')])
    """
    lines = [(number, cells) for number, cells in csv_lines(content) if any(map(str.strip, cells))]
    if len(lines) > _MAX_ROWS + 1:
        raise FileError(f"The file has more than {_MAX_ROWS:,} rows.", code="too_large", remedy="Divide it.")
    places = _places(lines[0][1] if lines else [])
    found = PopulationList({}, [])
    for number, cells in lines[1:]:
        code, people, source = ((cells[place].strip() if place < len(cells) else "") for place in places)
        try:
            _check_code(code, known, found.people)
            found.people[code] = Population(_number(people), _source(source), synthetic=False)
        except InputError as error:
            found.refused.append(Refusal(number, error.field, error.code, error.message))
    return found


def _places(header: Sequence[str]) -> list[int]:
    names = [cell.strip().lower() for cell in header]
    places = []
    for field, spellings in _COLUMNS.items():
        place = next((names.index(name) for name in spellings if name in names), None)
        if place is None:
            raise FileError(
                f"The column {spellings[1]} ({field}) is missing.",
                code="column_missing",
                field=field,
                remedy="The columns are 编码 code, 人口 people, 来源 source.",
            )
        places.append(place)
    return places


def _check_code(code: str, known: Collection[str], taken: Collection[str]) -> None:
    if code not in known:
        raise InputError("No area of the layers in force has this code.", code="code_unknown", field="code")
    if code in taken:
        raise InputError("This code stands in an earlier row.", code="code_twice", field="code")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_PEOPLE))):
        raise InputError("This is not a whole number of people.", code="not_a_number", field="people")
    # Nobody lives in a park; that is known, and differs from not being known.
    return int(text)


def _source(text: str) -> str:
    if not text or len(text) > _MAX_SOURCE or not text.isprintable():
        raise InputError(
            f"The source is missing, or longer than {_MAX_SOURCE} characters.", code="source", field="source"
        )
    return text
