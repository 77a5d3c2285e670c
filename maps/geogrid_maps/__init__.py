"""Maps of problem density, drawn with Folium."""
