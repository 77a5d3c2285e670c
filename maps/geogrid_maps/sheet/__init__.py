"""Maps of the district as printed sheets, PNG or PDF, drawn here and not by a browser.

A sheet is said in full by `Sheet` and knows nothing of what its figures mean: who counts something fills one in and
passes it to `sheet_pdf` or `sheet_png`. The steps, a module each: `parts` names what a sheet consists of, `fonts` makes
the Chinese font usable, `placing` lays the district on the paper, true to scale, `drawing` is the pen, `ground`,
`panel` and `marks` draw with it, `surface` turns heat cells into bands, and `writing` makes the file.
"""

from geogrid_maps.sheet.parts import Area, Band, Entry, Ground, Paper, Sheet
from geogrid_maps.sheet.surface import density_surface, heat_bands
from geogrid_maps.sheet.writing import sheet_pdf, sheet_png

__all__ = [
    "Area",
    "Band",
    "Entry",
    "Ground",
    "Paper",
    "Sheet",
    "density_surface",
    "heat_bands",
    "sheet_pdf",
    "sheet_png",
]
