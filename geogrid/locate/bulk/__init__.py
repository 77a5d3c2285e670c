"""Assign the points of files to grids, in bounded memory.

`readers` reads batches of columns, `point_columns` extracts the points, `assignment_target` finds their grids,
`writers` encodes parts of the output, `checkpoint` stores them until the output is complete, `assign` runs the steps.
"""
