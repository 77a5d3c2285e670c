"""Polygon layers: reading and writing their files, and the synthetic layers of the demo."""
