"""The codes of divisions and grids.

The Bureau of Statistics gives 6 digits to a district, 3 more to a street, 3 more to a community or village. The
unit-grid scheme adds a sequence of 3. Some cities use 16 or 20 digits: then this module is what changes.
"""

from __future__ import annotations

from typing import Final

from geogrid.errors import LayerError
from geogrid.model import GRID_LAYERS, Layer

CODE_LENGTH: Final = {
    Layer.DISTRICT: 6,
    Layer.STREET: 9,
    Layer.COMMUNITY: 12,
    Layer.VILLAGE: 12,
    **dict.fromkeys(GRID_LAYERS, 15),
}


def check_code(code: str, layer: Layer) -> None:
    """Raise unless `code` follows the scheme of `layer`.

    Raises
    ------
    LayerError
        If it has another length or anything but digits.

    Examples
    --------
    >>> check_code("140213051001001", Layer.URBAN)
    >>> check_code("14021305100100", Layer.URBAN)
    Traceback (most recent call last):
    geogrid.errors.LayerError: code: A code of the layer urban has 15 digits.
    """
    length = CODE_LENGTH[layer]
    if len(code) != length or not (code.isascii() and code.isdigit()):
        raise LayerError(f"A code of the layer {layer} has {length} digits.", code="code_scheme", field="code")


def parent_of(code: str) -> str:
    """Return the code one level up: of a grid its community or village, of that its street, of that the district.

    Examples
    --------
    >>> parent_of("140213051001001"), parent_of("140213051001"), parent_of("140213051")
    ('140213051001', '140213051', '140213')
    """
    return code[:-3]
