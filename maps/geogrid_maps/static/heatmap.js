"use strict";
// leaflet.heat draws the shadow of a disc that lies this many pixels outside of its sprite.
const SPRITE_OFFSET = 200;

function geogridHeatmap(parts, figures) {
  const { map, layers } = parts;
  geogridDistrict(parts, figures);
  scaleHeat(map, layers.heat, figures.heatRadius);
  geogridTie(map, layers.heat, "legend-heat");
}

// Points are merged into cells. A spot of heat has the radius of its cell, in metres, at every zoom level at which this is
// more than the layer's own radius in pixels. The disc reaches into its sprite, and shows beside the heat as a quarter of a
// disc, once 2 * radius + blur exceeds the offset.
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

// A length on the ground at the centre of the map, in pixels.
function pixels(map, metres) {
  const centre = map.getCenter();
  const east = L.latLng(centre.lat, centre.lng + 1);
  return (metres / map.distance(centre, east)) * (map.project(east).x - map.project(centre).x);
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
