"""Files of points to files with their grids, streaming.

The steps, a module each: `readers` hands on batches of columns, `columns` finds the points in them, `target` answers,
`writers` makes parts of the output, `resume` keeps them until they are all there, and `assign` runs it.
"""
