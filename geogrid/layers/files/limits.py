"""Size limits of layer files: about twice all counties of China (2,875 features, 4.18 million vertices)."""

from __future__ import annotations

from typing import Final

_MIB: Final = 2**20

#: Maximum size of a file and of an unpacked archive, in bytes.
MAX_BYTES: Final = 512 * _MIB
MAX_UNPACKED_BYTES: Final = 1024 * _MIB
#: Maximum number of entries of an archive; a Shapefile has five to ten, a file geodatabase some hundreds.
MAX_ENTRIES: Final = 2_048
#: Maximum compression ratio, above `RATIO_FREE_BYTES`: small attribute tables padded with blanks have high ratios.
MAX_RATIO: Final = 100
RATIO_FREE_BYTES: Final = 16 * _MIB

MAX_FEATURES: Final = 200_000
MAX_VERTICES: Final = 8_000_000
MAX_COLUMNS: Final = 512
#: Maximum number of characters of a text value.
MAX_TEXT: Final = 65_536
#: Maximum depth of lists and objects in an attribute.
MAX_DEPTH: Final = 8
