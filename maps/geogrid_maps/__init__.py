"""Maps of problem density, drawn with Folium.

For a notebook: `heatmap`, `choropleth` and `hot_spot_map` draw from GeoDataFrames, see `geogrid_maps.frame_maps`.
"""

# At once and not when asked for: two of the functions have the names of modules, and the import of such a module would
# put it in the place of the function.
from geogrid_maps.frame_maps import choropleth, heatmap, hot_spot_map

__all__ = ["choropleth", "heatmap", "hot_spot_map"]
