"""The people of grids (一格多员): reading and validation of lists of posts."""
