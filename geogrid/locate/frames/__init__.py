"""GeoDataFrames in, codes out: the raster index for people who have frames and no store.

`geogrid.frames` holds the functions that use it.
"""
