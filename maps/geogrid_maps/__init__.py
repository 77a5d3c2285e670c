"""Maps of grids, incidents and figures, drawn with Folium and served without outside addresses."""
