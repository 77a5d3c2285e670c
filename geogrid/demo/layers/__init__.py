"""Synthetic demo layers for 平城区: a schematic plan, cut into streets, communities, villages and grids.

No official border inside the district is public, so the shapes are made up (示意); names and codes are real. The steps,
a module each: `outline` reads the district, `plan` lays out the streets, `cut` and `split` make blocks, `mesh` joins
them, `bend` takes the ruler away, `numbering` gives codes and names, `dedicated` places schools and the like.
"""

from geogrid.demo.layers.builder import DEMO_SEED, build_demo, write_demo
from geogrid.demo.layers.divisions import Division, read_divisions
from geogrid.demo.layers.outline import read_outline

__all__ = ["DEMO_SEED", "Division", "build_demo", "read_divisions", "read_outline", "write_demo"]
