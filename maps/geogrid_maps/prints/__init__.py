"""Maps of the district as printed sheets, PNG or PDF, drawn here and not by a browser.

A sheet is said in full by `Print` and knows nothing of what its figures mean: who counts something fills one in and
passes it to `sheet_pdf` or `sheet_png` of `writing`, which alone loads matplotlib. The steps, a module each: `parts`
names what a sheet consists of, `surface` turns heat cells into bands, `fonts` makes the Chinese font usable, `placing`
lays the district on the paper, true to scale, `tiles` divides it among several maps, `drawing` is the pen, `ground`,
`chart`, `panel` and `marks` draw with it, and `writing` makes the file.
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
