"""Maps of problem density, drawn with Folium.

For a notebook: `heatmap`, `choropleth` and `hot_spot_map` draw from GeoDataFrames, see
`geogrid_maps.geodataframe_maps`.
"""

from geogrid.extras import optional_imports

# Not lazy: `heatmap` and `choropleth` are also modules, and their import would replace a lazy function.
with optional_imports():
    from geogrid_maps.geodataframe_maps import choropleth, heatmap, hot_spot_map

__all__ = ["choropleth", "heatmap", "hot_spot_map"]
