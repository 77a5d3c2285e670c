"use strict";
const CELL_DEG = 0.001;

function geogridHeatmap(parts, figures) {
  const { map, layers } = parts;
  geogridDistrict(parts, figures);
  widenHeat(map, layers.heat);
  geogridTie(map, layers.heat, "legend-heat");
}

// Points are merged into cells; once these are wider than a spot of heat, the spots grow with them.
function widenHeat(map, heat, degrees = CELL_DEG) {
  const { radius, blur } = heat.options;
  map.on("zoomend", () => {
    const cell = (degrees / 360) * map.options.crs.scale(map.getZoom());
    const factor = Math.min(Math.max(cell / radius, 1), 8);
    heat.setOptions({ radius: radius * factor, blur: blur * factor });
  });
}
