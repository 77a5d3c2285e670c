"""Reader of the population of areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.errors import InputError
from geogrid.model import Population
from geogrid.tabular.cell_parsing import parse_code, parse_text
from geogrid.tabular.known_columns import KnownColumns
from geogrid.tabular.row_model import LeftOutRow, Refusal
from geogrid.tabular.table_reader import DEFAULT_OPTIONS, ReadOptions, TabularFormat, read_table

if TYPE_CHECKING:
    from collections.abc import Collection

POPULATION_COLUMNS: Final = KnownColumns(
    names={
        "code": ("编码", "网格编码", "区划代码"),
        "people": ("人口", "人口数", "常住人口"),
        "source": ("来源", "数据来源"),
    },
    required=(("code",), ("people",), ("source",)),
)
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
    left_out
        The rows that are no records, such as notes below the list.
    """

    people: dict[str, Population]
    refused: list[Refusal]
    left_out: list[LeftOutRow]


def read_population(
    content: bytes,
    known: Collection[str],
    file_format: TabularFormat = TabularFormat.CSV,
    options: ReadOptions = DEFAULT_OPTIONS,
) -> PopulationList:
    r"""Read a population file; an invalid row is refused without affecting the others.

    Parameters
    ----------
    content
        A table with the columns 编码 ``code``, 人口 ``people`` and 来源 ``source``.
    known
        The codes of all areas of the active generation.
    file_format, options
        See `geogrid.tabular.table_reader.read_table`.

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
    table = read_table(content, file_format, POPULATION_COLUMNS, options)
    populations = PopulationList({}, [], table.left_out)
    for row in table.rows:
        values = row.values
        try:
            code = parse_code(values.get("code"), "code")
            _check_code(code, known, populations.people)
            populations.people[code] = Population(
                _number(parse_code(values.get("people"), "people")),
                _source(parse_text(values.get("source"), "source")),
                synthetic=False,
            )
        except InputError as error:
            populations.refused.append(Refusal.of(row.number, error))
    return populations


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
