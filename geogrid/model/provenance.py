"""Provenance of a downloaded file: period, filters, generation, formulas, time, synthetic mark and credit.

Each writer puts it where readers of its format look: CSV in its last columns, XLSX on a second sheet, GeoJSON in the
member ``provenance``, GeoPackage in the metadata and description of its tables, Parquet in the metadata of its schema,
PDF in its properties, PNG in text chunks, HTML in ``meta`` elements.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import Language
from geogrid.local_time import local_zone
from geogrid.model.synthetic_share import SyntheticShare  # noqa: TC001 - a name of the example

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from geogrid.model.layers import Generation

    Days = tuple[date | None, date | None]

#: Names of the parts, in the order of all files.
_LABELS: Final[Mapping[str, Mapping[Language, str]]] = {
    "period": {Language.ZH: "统计时段", Language.EN: "period"},
    "compared_with": {Language.ZH: "对比时段", Language.EN: "compared_with"},
    "filters": {Language.ZH: "筛选条件", Language.EN: "filters"},
    "generation": {Language.ZH: "图层版本", Language.EN: "generation"},
    "formulas": {Language.ZH: "公式版本", Language.EN: "formulas"},
    "made_at": {Language.ZH: "导出时间", Language.EN: "made_at"},
    "synthetic": {Language.ZH: "含合成示意数据", Language.EN: "contains_synthetic"},
    "credit": {Language.ZH: "数据来源说明", Language.EN: "credit"},
}
_SEPARATORS: Final = {Language.ZH: "；", Language.EN: "; "}
_COLONS: Final = {Language.ZH: "：", Language.EN: ": "}
_ALL_DAYS: Final = {Language.ZH: "全部时段", Language.EN: "all days"}
_RESTATED: Final = {
    Language.ZH: "事件全部按此版本重新统计",
    Language.EN: "all incidents restated by it",
}
_YES_NO: Final[Mapping[Language, Mapping[bool, str]]] = {
    Language.ZH: {True: "是", False: "否"},
    Language.EN: {True: "yes", False: "no"},
}
#: Name of the sheet of a workbook with the provenance.
SHEET_TITLES: Final[Mapping[Language, str]] = {Language.ZH: "说明", Language.EN: "About"}


def yes_or_no(value: bool, language: Language) -> str:  # noqa: FBT001 - the value to write
    """Return a truth value in words.

    Examples
    --------
    >>> yes_or_no(True, Language.ZH), yes_or_no(False, Language.EN)
    ('是', 'no')
    """
    return _YES_NO[language][value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Provenance of a file.

    Attributes
    ----------
    made_at
        Time of making, with offset.
    synthetic
        The synthetic part of the records and layers of the file.
    generation
        Generation of the layers; None for a file without areas.
    restated
        Whether all incidents are counted by `generation`, and not each by the layers of its own day.
    days
        First and last day of the period, None for no limit; None for a file without a period.
    earlier_days, earlier_generation
        The period and the generation that the file compares with; None without a comparison.
    filters
        The other filters, and the bounds of the user, in words.
    formulas
        Version of the formulas of the figures; None for a file without figures.
    credit
        Source of the outline of the district; empty for none.
    language
        Language of the words.

    Examples
    --------
    >>> from datetime import UTC, date, datetime
    >>> from geogrid.model import Generation
    >>> made = datetime(2022, 7, 1, 1, 30, tzinfo=UTC)
    >>> found = Provenance(
    ...     made_at=made,
    ...     synthetic=SyntheticShare(synthetic=5, real=3, grids=True),
    ...     generation=Generation(1, "demo", synthetic=True, created_at=made),
    ...     days=(date(2022, 1, 1), date(2022, 6, 30)),
    ...     filters=("Category: Street vending",),
    ...     formulas="1",
    ...     language=Language.EN,
    ... )
    >>> found.columns()["generation"], found.columns()["made_at"]
    ('1 · demo · 2022-07-01', '2022-07-01T09:30:00+08:00')
    >>> found.columns()["contains_synthetic"]
    'yes: 5 synthetic, 3 real; grids are synthetic'
    """

    made_at: datetime
    synthetic: SyntheticShare
    generation: Generation | None = None
    restated: bool = False
    days: Days | None = None
    earlier_days: Days | None = None
    earlier_generation: Generation | None = None
    filters: tuple[str, ...] = ()
    formulas: str | None = None
    credit: str = ""
    language: Language = Language.ZH

    def texts(self) -> dict[str, str]:
        """Return the parts in words by their keys; parts that do not apply are empty."""
        texts = {
            "period": self._describe_days(self.days),
            "filters": _SEPARATORS[self.language].join(self.filters),
            "generation": _describe_generation(self.generation, *([_RESTATED[self.language]] if self.restated else [])),
            "formulas": self.formulas or "",
            "made_at": self._local_time(),
            "synthetic": self._describe_synthetic(),
            "credit": self.credit,
        }
        if self.earlier_days is not None:
            sides = (self._describe_days(self.earlier_days), _describe_generation(self.earlier_generation))
            texts["compared_with"] = " · ".join(filter(None, sides))
        return {key: _to_one_line(texts[key]) for key in _LABELS if key in texts}

    def columns(self) -> dict[str, str]:
        """Return the parts in words by their names in the language, for the columns of a table."""
        return {_LABELS[key][self.language]: value for key, value in self.texts().items()}

    def sentence(self) -> str:
        """Return the parts that apply as one line."""
        colon = _COLONS[self.language]
        parts = (f"{label}{colon}{value}" for label, value in self.columns().items() if value)
        return _SEPARATORS[self.language].join(parts)

    def as_json(self) -> dict[str, Any]:
        """Return the parts as JSON values; parts that do not apply are null."""
        values: dict[str, Any] = {
            "period": _days_json(self.days) if self.days else None,
            "filters": list(self.filters),
            "generation": _generation_json(self.generation) | {"restated": self.restated} if self.generation else None,
            "formulas": self.formulas,
            "made_at": self._local_time(),
            "synthetic": bool(self.synthetic),
            "synthetic_share": self.synthetic.as_json(),
            "credit": self.credit or None,
        }
        if self.earlier_days is not None:
            values["compared_with"] = {
                **_days_json(self.earlier_days),
                "generation": _generation_json(self.earlier_generation) or None,
            }
        return {key: values[key] for key in (*_LABELS, "synthetic_share") if key in values}

    def json_text(self) -> str:
        """Return `as_json` as text, for the metadata of binary formats."""
        return json.dumps(self.as_json(), ensure_ascii=False)

    def _describe_synthetic(self) -> str:
        parts = (yes_or_no(bool(self.synthetic), self.language), self.synthetic.detail(self.language))
        return _COLONS[self.language].join(filter(None, parts))

    def _local_time(self) -> str:
        return self.made_at.astimezone(local_zone()).isoformat(timespec="seconds")

    def _describe_days(self, days: Days | None) -> str:
        if days is None:
            return ""
        first, last = days
        return _ALL_DAYS[self.language] if first is last is None else f"{first or '…'} – {last or '…'}"


def _to_one_line(text: str) -> str:
    """Return a text without control characters: names come from data."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else " " for sign in text)


def _describe_generation(generation: Generation | None, *more: str) -> str:
    if generation is None:
        return ""
    return " · ".join(filter(None, (str(generation.id), generation.label, _import_day(generation), *more)))


def _generation_json(generation: Generation | None) -> dict[str, Any]:
    if generation is None:
        return {}
    return {"id": generation.id, "label": generation.label, "date": _import_day(generation)}


def _import_day(generation: Generation) -> str | None:
    since = generation.created_at
    return f"{since.astimezone(local_zone()):%Y-%m-%d}" if since else None


def _days_json(days: Days) -> dict[str, Any]:
    return {name: None if day is None else day.isoformat() for name, day in zip(("from", "to"), days, strict=True)}
