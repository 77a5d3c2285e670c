"""Codes of divisions and grids.

The National Bureau of Statistics codes a district with 6 digits, a street with 9, a community or village with 12. The
unit-grid standard adds a sequence of 3 digits. For a city with 16 or 20 digits, change this module.
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
    """Raise if `code` does not have the number of digits of `layer`.

    Raises
    ------
    LayerError
        If the code has another length or contains other characters than ASCII digits.

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
    """Return the code one level up: grid → community or village → street → district.

    Examples
    --------
    >>> parent_of("140213051001001"), parent_of("140213051001"), parent_of("140213051")
    ('140213051001', '140213051', '140213')
    """
    return code[:-3]
