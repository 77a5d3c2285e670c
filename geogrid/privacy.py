"""Keep people's numbers out of what is shown."""

from __future__ import annotations

import re
from typing import Final

# Mainland mobile numbers: eleven digits, in groups or not, perhaps behind a country code. Identity numbers: 18 places.
_MOBILE: Final = re.compile(r"(?<!\d)(?:(?:\+|00)?86[\s.-]?)?([1１][3-9３-９](?:[\s.-]?\d){9})(?!\d)")
_IDENTITY: Final = re.compile(r"(?<!\d)(\d{3})\d{3}(?:18|19|20)\d{2}[01]\d[0-3]\d\d{2}(\d[\dXx])(?!\d)")


def mask_personal(text: str) -> str:
    """Replace the middle of telephone and identity numbers by stars.

    Examples
    --------
    >>> mask_personal("摊主 138 0013 8000，证号 140202199001011234")
    '摊主 138****8000，证号 140*************34'
    """
    text = _IDENTITY.sub(r"\1*************\2", text)
    return _MOBILE.sub(_masked_mobile, text)


def _masked_mobile(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[1])
    return f"{digits[:3]}****{digits[-4:]}"
