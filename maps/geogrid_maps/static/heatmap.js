"use strict";
// leaflet.heat draws the shadow of a disc this many pixels outside its sprite.
const SPRITE_OFFSET = 200;

function geogridHeatmap(parts, figures) {
  const { map, layers } = parts;
  geogridDistrict(parts, figures);
  scaleHeat(map, layers.heat, figures.heatRadius);
  geogridTie(map, layers.heat, "legend-heat");
}

// Set the radius of heat spots to `metres`, the size of a cell, but not below the radius of the layer in pixels.
// Above 2 * radius + blur = SPRITE_OFFSET, leaflet.heat would show parts of the discs beside the heat.
function scaleHeat(map, heat, metres) {
  const { radius, blur } = heat.options;
  const most = (0.95 * SPRITE_OFFSET) / (2 * radius + blur);
  const rescale = () => {
    const factor = Math.min(Math.max(pixels(map, metres) / radius, 1), most);
    heat.setOptions({ radius: radius * factor, blur: blur * factor });
  };
  map.on("zoomend", rescale);
  rescale();
}

// Return a length at the centre of the map in pixels.
function pixels(map, metres) {
  const centre = map.getCenter();
  const east = L.latLng(centre.lat, centre.lng + 1);
  return (metres / map.distance(centre, east)) * (map.project(east).x - map.project(centre).x);
}

// Give several heat layers one colour scale. A layer scales its colours by its densest block of half a radius; here all
// layers use the densest block of all pictures.
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
