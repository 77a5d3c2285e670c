"""Synthetic demo layers of 平城区: a schematic plan, cut into streets, communities, villages and grids.

No official border inside the district is public, so the shapes are synthetic (示意); names and codes are real. Steps:
`source_data` reads the real outline, names and codes; `plan` lays out the streets; `ring_cuts` and `ring_splits` make
blocks; `mesh` joins them; `mesh_bending` bends the borders; `numbering` assigns codes and names; `dedicated` places
schools and similar sites; `builder` returns the layers.
"""

from geogrid.demo.layers.builder import DEMO_SEED, build_demo, write_demo
from geogrid.demo.layers.source_data import Division, read_divisions, read_outline

__all__ = ["DEMO_SEED", "Division", "build_demo", "read_divisions", "read_outline", "write_demo"]
