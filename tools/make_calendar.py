"""Write data/reference/calendar.json from the package chinesecalendar: ``python tools/make_calendar.py``.

The notice for a year is published in November of the previous year. Then update the package in the lock file, and
`LAST_YEAR`.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chinese_calendar.constants import holidays, workdays

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

OUT: Final = Path(__file__).resolve().parent.parent / "data" / "reference" / "calendar.json"
FIRST_YEAR, LAST_YEAR = 2022, 2026
#: The notices (国务院办公厅关于部分节假日安排的通知) by year.
NOTICES: Final = {
    2022: "国办发明电〔2021〕11号",
    2023: "国办发明电〔2022〕16号",
    2024: "国办发明电〔2023〕7号",
    2025: "国办发明电〔2024〕12号",
    2026: "国办发明电〔2025〕7号",
}
HOURS: Final = (("08:00", "12:00"), ("14:00", "18:00"))


def main() -> None:
    """Write the file."""
    OUT.write_text(calendar(), encoding="utf-8", newline="\n")


def calendar() -> str:
    """Return the content of the file, with the days of a year on one line."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    if not {day.year for day in holidays}.issuperset(years):
        raise SystemExit(
            f"chinesecalendar {version('chinesecalendar')} does not contain all years {FIRST_YEAR}..{LAST_YEAR}."
        )
    head = {
        "version": f"{FIRST_YEAR}-{LAST_YEAR}",
        "title": "工作日历 · working calendar",
        "source": (
            f"Holidays and adjusted working days: the package chinesecalendar {version('chinesecalendar')} (MIT"
            " licence), which follows the notices of the General Office of the State Council. The hours are the usual"
            " ones; a deployment can replace this file."
        ),
        "notices": [f"{year}: {NOTICES[year]}" for year in years],
        "first_day": f"{FIRST_YEAR}-01-01",
        "last_day": f"{LAST_YEAR}-12-31",
        "hours": HOURS,
    }
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in head.items()]
    lines += [_days("holidays", holidays), _days("working_days", workdays)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _days(name: str, days: Iterable[date]) -> str:
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    rows = [", ".join(json.dumps(day.isoformat()) for day in sorted(days) if day.year == year) for year in years]
    return f'  "{name}": [\n    ' + ",\n    ".join(rows) + "\n  ]"


if __name__ == "__main__":
    main()
