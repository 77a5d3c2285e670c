"""The table of the filters, generated from their declarations."""

from __future__ import annotations

from functools import partial

from geogrid.constants import Language
from geogrid.incidents.query import FIELDS


def markdown(language: Language) -> str:
    """Return a row for each filter: its parameter, and what it selects."""
    head = {Language.EN: "| Parameter | Selects |", Language.ZH: "| 参数 | 筛选内容 |"}[language]
    rows = [f"| `{field.parameter}` | {field.description[language]} |" for field in FIELDS.values()]
    return "\n".join([head, "|---|---|", *rows])


english, chinese = partial(markdown, Language.EN), partial(markdown, Language.ZH)
