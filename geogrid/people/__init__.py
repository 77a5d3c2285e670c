"""The people of a grid (一格多员): their lists as files, and what a row of them must be."""
