"""The page that a user sees after a wrong query: an old link, a changed address, or a value that no longer exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.incidents.query import FIELDS
from geogrid_maps.page import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

ZH, EN = Language.ZH, Language.EN

#: The message by the code of the error; other codes get that of `_OTHER`.
MESSAGES: Final = {
    "unknown_parameter": {
        ZH: "网址中有本页不支持的参数。",
        EN: "The address has a parameter that this page does not support.",
    },
    "repeated_parameter": {
        ZH: "网址中有参数重复，该参数只能取一个值。",
        EN: "The address repeats a parameter that takes one value.",
    },
    "unknown_value": {ZH: "筛选值不存在。", EN: "The filter has a value that does not exist."},
    "period": {ZH: "时段无效：截止日早于起始日，或年份超出范围。", EN: "The period is not valid."},
}
_OTHER: Final = {ZH: "网址中有参数的值无效。", EN: "The address has a value that is not valid."}
TEXTS: Final = {
    "title": {ZH: "筛选条件无效", EN: "The filter is not valid"},
    "parameter": {ZH: "参数", EN: "Parameter"},
    "allowed": {ZH: "可用的有", EN: "These exist"},
    "back": {ZH: "清除筛选，打开本页", EN: "Open this page without filters"},
}


def query_error_page(path: str, code: str, parameter: str, allowed: Sequence[str], language: Language) -> str:
    """Return the page.

    Parameters
    ----------
    path
        The path of the page that the user opened.
    code
        The code of the error.
    parameter
        The declared name of the parameter, or an empty text. Never a name that the user sent.
    allowed
        The names or values that exist.
    language
        The language of the page.
    """
    labels = {field.parameter: field.words[language] for field in FIELDS.values()}
    return ENVIRONMENT.get_template("query_error.html").render(
        path=path,
        language=language,
        message=MESSAGES.get(code, _OTHER)[language],
        parameter=parameter,
        label=labels.get(parameter, ""),
        allowed=allowed,
        t={key: words[language] for key, words in TEXTS.items()},
    )
