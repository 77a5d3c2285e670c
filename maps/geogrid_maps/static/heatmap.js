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

// The heat layer takes the densest place of what it shows for its scale, so every picture would have a scale of its own.
// It gathers points by blocks of half a radius; the densest of these, over all pictures, is told to the layers instead.
function shareScale(map, heats, pictures) {
  const measure = () => {
    const block = (heats[0].options.radius + heats[0].options.blur) / 2;
    let densest = 1;
    for (const points of pictures) {
      const blocks = new Map();
      for (const [lat, lng, count] of points) {
        const { x, y } = map.project([lat, lng]);
        const key = Math.floor(x / block) * 1e7 + Math.floor(y / block);
        const sum = (blocks.get(key) ?? 0) + count;
        blocks.set(key, sum);
        if (sum > densest) densest = sum;
      }
    }
    for (const heat of heats) {
      heat._heat.max = function () {
        this._max = densest;
        return this;
      };
      heat.redraw();
    }
  };
  map.on("zoomend", measure);
  measure();
}
