"""Prints: maps of the district as PDF or PNG, drawn by matplotlib.

A map fills in a `Print` and passes it to `render_pdf` or `render_png` of `render`, the only module that loads
matplotlib for the caller. `model` has the parts of a print, `context` those that all maps share, `heat_surface` turns
heat cells into bands, `fonts` unpacks the Chinese font, `layout` places the district on the paper to scale,
`small_multiples` divides the paper among several maps, `drawing` draws shapes and text, and `map_body`, `chart`,
`sidebar` and `scale_bar` draw the parts.
"""

from geogrid_maps.prints.heat_surface import density_surface, heat_bands
from geogrid_maps.prints.model import (
    Band,
    Bar,
    Chart,
    LegendEntry,
    Paper,
    Print,
    PrintArea,
    PrintDistrict,
    Printing,
    PrintMap,
)

__all__ = [
    "Band",
    "Bar",
    "Chart",
    "LegendEntry",
    "Paper",
    "Print",
    "PrintArea",
    "PrintDistrict",
    "PrintMap",
    "Printing",
    "density_surface",
    "heat_bands",
]
