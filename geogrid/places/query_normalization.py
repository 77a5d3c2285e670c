"""Normalization of place queries: punctuation, house numbers and words such as 附近 are removed."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Maximum length of a query; the rest is ignored.
MAX_QUERY: Final = 100
_MARKS: Final = re.compile(r"[\W_]+")
_ABOUT: Final = re.compile(
    r"(?:的?(?:斜?对面|斜?对过|附近|旁边|旁|隔壁|边上|跟前|一带|周边|周围|门口|门前|门外|正?[东西南北]+[侧边面头]|这里|那里|这边|那边))+$"
)
_UNIT: Final = "(?:号院|号楼|号铺|号|院|楼|栋|幢|座|单元|门|层|室|户)"
_NUMBERED: Final = re.compile(rf"[0-9]+{_UNIT}(?:[0-9a-z]+{_UNIT})*[0-9a-z]*$")
_DIVISIONS: Final = re.compile(r"^(?:[\u4e00-\u9fff]{2,3}省)?(?:[\u4e00-\u9fff]{2,3}市)?(?:[\u4e00-\u9fff]{2,3}区)?")
_SHORTEST: Final = 2


def normalize_name(text: str) -> str:
    """Return a text in half-width lower case, with letters and digits only.

    Examples
    --------
    >>> normalize_name(" 古城　街道（Ａ区）"), normalize_name("GCJD")
    ('古城街道a区', 'gcjd')
    """
    return _MARKS.sub("", unicodedata.normalize("NFKC", text).casefold())


def query_variants(text: str) -> list[str]:
    """Return variants of a query, longest first: complete, then without words such as 附近, house number, divisions.

    Examples
    --------
    >>> query_variants("古城街道12号楼3单元附近")
    ['古城街道12号楼3单元附近', '古城街道12号楼3单元', '古城街道']
    >>> query_variants("大同市平城区古城街道")
    ['大同市平城区古城街道', '古城街道']
    >>> query_variants("gcjd"), query_variants(" ？ ")
    (['gcjd'], [])
    """
    variants = [normalize_name(text[:MAX_QUERY])]
    for pattern in (_ABOUT, _NUMBERED, _DIVISIONS):
        shorter = pattern.sub("", variants[-1], count=1)
        if len(shorter) >= _SHORTEST and shorter != variants[-1]:
            variants.append(shorter)
    return [variant for variant in variants if variant]
