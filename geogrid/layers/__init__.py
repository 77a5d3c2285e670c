"""Layers of areas and lines: reading, checking, mending, comparing and exporting them."""
