"""How much a layer file may hold. All counties of China (2,875 features, 4.18 million vertices) fit twice over."""

from __future__ import annotations

from typing import Final

_MIB: Final = 2**20

#: Bytes of a file as it comes in, and of everything that an archive unpacks to.
MAX_BYTES: Final = 512 * _MIB
MAX_UNPACKED_BYTES: Final = 1024 * _MIB
#: Entries of an archive: a Shapefile set has five to ten.
MAX_ENTRIES: Final = 64
#: Unpacked bytes for each packed one. Attribute tables padded with blanks reach high ratios in small files.
MAX_RATIO: Final = 100
RATIO_FREE_BYTES: Final = 16 * _MIB

MAX_FEATURES: Final = 200_000
MAX_VERTICES: Final = 8_000_000
MAX_COLUMNS: Final = 512
#: Characters of one text value.
MAX_TEXT: Final = 65_536
#: Levels of lists and objects inside one attribute.
MAX_DEPTH: Final = 8
