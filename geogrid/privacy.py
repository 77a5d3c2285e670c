"""Keep people's names and numbers out of what everybody sees."""

from __future__ import annotations

import re
from typing import Final

# Mainland mobile numbers: eleven digits, in groups or not, perhaps behind a country code. Identity numbers: 18 places.
_MOBILE: Final = re.compile(r"(?<!\d)(?:(?:\+|00)?86[\s.-]?)?([1１][3-9３-９](?:[\s.-]?\d){9})(?!\d)")
_IDENTITY: Final = re.compile(r"(?<!\d)(\d{3})\d{3}(?:18|19|20)\d{2}[01]\d[0-3]\d\d{2}(\d[\dXx])(?!\d)")
# The compound surnames that are still borne.
_COMPOUND_SURNAMES: Final = frozenset(
    re.findall(
        "..",
        "欧阳上官司马诸葛司徒东方皇甫尉迟公孙令狐慕容夏侯长孙宇文轩辕独孤南宫端木百里呼延闻人淳于"
        "单于太史申屠公羊澹台公冶宗政濮阳仲孙钟离鲜于闾丘亓官司空赫连拓跋万俟左丘东郭西门第五梁丘",
    )
)
_WHOLE_NUMBER: Final = 10


def mask_personal(text: str) -> str:
    """Replace the middle of telephone and identity numbers by stars.

    Examples
    --------
    >>> mask_personal("摊主 138 0013 8000，证号 140202199001011234")
    '摊主 138****8000，证号 140*************34'
    """
    text = _IDENTITY.sub(r"\1*************\2", text)
    return _MOBILE.sub(_masked_mobile, text)


def mask_name(name: str) -> str:
    """Leave a person's surname, or the first letter of a name that is not Chinese.

    Examples
    --------
    >>> mask_name("甲某"), mask_name("欧阳某"), mask_name("欧某"), mask_name("甲")
    ('甲＊', '欧阳＊', '欧＊', '＊')
    """
    surname = name[:2] if len(name) > 2 and name[:2] in _COMPOUND_SURNAMES else name[:1]  # noqa: PLR2004 - characters
    return f"{surname if len(name) > 1 else ''}＊"


def mask_phone(phone: str) -> str:
    """Leave the first three and the last four digits of a person's number, or fewer of a short one.

    Examples
    --------
    >>> mask_phone("138-0000-0000"), mask_phone("0352-1234567"), mask_phone("12345"), mask_phone("")
    ('138****0000', '035****4567', '****', '')
    """
    digits = "".join(character for character in phone.removeprefix("+86") if character.isdecimal())
    if not digits:
        return "****" if phone else ""
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= _WHOLE_NUMBER else "****"


def _masked_mobile(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[1])
    return f"{digits[:3]}****{digits[-4:]}"
