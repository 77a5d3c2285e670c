"""Constants and enumerations that every package may import."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

#: Largest id of a database row: a signed 64-bit integer.
MAX_ID: Final = 2**63 - 1


class Language(StrEnum):
    """Language of a page, a print or an exported table."""

    ZH = "zh"
    EN = "en"
