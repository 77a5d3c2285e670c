"""Masking of personal names, phone numbers and identity numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Mainland mobile numbers: 11 digits, optionally grouped and with country code. Identity numbers: 18 characters.
_MOBILE: Final = re.compile(r"(?<!\d)(?:(?:\+|00)?86[\s.-]?)?([1１][3-9３-９](?:[\s.-]?\d){9})(?!\d)")
_IDENTITY: Final = re.compile(r"(?<!\d)(\d{3})\d{3}(?:18|19|20)\d{2}[01]\d[0-3]\d\d{2}(\d[\dXx])(?!\d)")
# Compound surnames in use.
_COMPOUND_SURNAMES: Final = frozenset(
    re.findall(
        "..",
        "欧阳上官司马诸葛司徒东方皇甫尉迟公孙令狐慕容夏侯长孙宇文轩辕独孤南宫端木百里呼延闻人淳于"
        "单于太史申屠公羊澹台公冶宗政濮阳仲孙钟离鲜于闾丘亓官司空赫连拓跋万俟左丘东郭西门第五梁丘",
    )
)
_FULL_LENGTH: Final = 10
# Names of columns that contain persons or their phone numbers.
_PERSON: Final = re.compile("姓名|网格[长员]|[路街巷片楼]长|责任人|负责人|联系人|户主|warden|contact", re.IGNORECASE)
_NUMBER: Final = re.compile("电话|手机|联系方式|phone|mobile", re.IGNORECASE)


def mask_personal(text: str) -> str:
    """Return a text with masked phone and identity numbers.

    Examples
    --------
    >>> mask_personal("摊主 138 0013 8000，证号 140202199001011234")
    '摊主 138****8000，证号 140*************34'
    """
    text = _IDENTITY.sub(r"\1*************\2", text)
    return _MOBILE.sub(_mask_mobile, text)


def mask_name(name: str) -> str:
    """Return a masked name: the surname, or the first letter of a name that is not Chinese.

    Examples
    --------
    >>> mask_name("甲某"), mask_name("欧阳某"), mask_name("欧某"), mask_name("甲")
    ('甲＊', '欧阳＊', '欧＊', '＊')
    """
    surname = name[:2] if len(name) > 2 and name[:2] in _COMPOUND_SURNAMES else name[:1]  # noqa: PLR2004 - characters
    return f"{surname if len(name) > 1 else ''}＊"


def mask_actor(actor_id: str, name: str) -> str:
    """Return the name of an actor, masked if it is a person and not a key or geogrid itself.

    Examples
    --------
    >>> mask_actor("user:7", "甲某"), mask_actor("key:3", "hotline")
    ('甲＊', 'hotline')
    """
    return mask_name(name) if actor_id.startswith(("user:", "oidc:")) else name


def mask_phone(phone: str) -> str:
    """Return a masked phone number: the first three and the last four digits, or none of a short number.

    Examples
    --------
    >>> mask_phone("138-0000-0000"), mask_phone("0352-1234567"), mask_phone("12345"), mask_phone("")
    ('138****0000', '035****4567', '****', '')
    """
    digits = "".join(character for character in phone.removeprefix("+86") if character.isdecimal())
    if not digits:
        return "****" if phone else ""
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= _FULL_LENGTH else "****"


def mask_attributes(attributes: Mapping[str, object]) -> dict[str, object]:
    """Return the attributes of a feature with masked persons and phone numbers, by column name.

    Examples
    --------
    >>> mask_attributes({"巷长": "甲某", "联系电话": 13800000000, "备注": "找 13800000000", "户数": 120})
    {'巷长': '甲＊', '联系电话': '138****0000', '备注': '找 138****0000', '户数': 120}
    """
    return {name: _mask_value(name, value) for name, value in attributes.items()}


def _mask_value(name: str, value: object) -> object:
    if isinstance(value, bool | float) or value is None:
        return value
    text = str(value)
    if _NUMBER.search(name):
        return mask_phone(text)
    if _PERSON.search(name) and isinstance(value, str):
        return mask_name(text)
    masked = mask_personal(text)
    return masked if masked != text else value


def _mask_mobile(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[1])
    return f"{digits[:3]}****{digits[-4:]}"
