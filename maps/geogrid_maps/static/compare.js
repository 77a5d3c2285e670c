"use strict";
// Two maps side by side: geogridKeep collects them, geogridCompare starts both.
const kept = [];

function geogridKeep(parts, figures) {
  kept.push([parts, figures]);
}

function geogridCompare() {
  // Each map needs its own copy of the shapes, since counts are stored in them.
  const other = typeof geogridOtherAreas === "undefined" ? structuredClone(geogridAreas) : geogridOtherAreas;
  // The maps move together, so both have the same bounds, even if the generations differ.
  const bounds = L.latLngBounds(kept.flatMap(([, figures]) => figures.bounds));
  const maps = kept.map(([parts, figures], side) => {
    geogridDistrict(parts, { ...figures, bounds }, side === 0 ? other : geogridAreas);
    scaleHeat(parts.map, parts.layers.heat, figures.heatRadius);
    return parts;
  });
  const [left, right] = maps;
  moveTogether(left.map, right.map);
  shareScale(right.map, maps.map(({ layers }) => layers.heat), maps.map(({ layers }) => layers.heat._latlngs));
  // Layers are switched on both sides.
  for (const [mine, other] of [[left, right], [right, left]]) {
    mine.map.on("overlayadd overlayremove", ({ layer, type }) => {
      const twin = Object.entries(mine.layers).find(([, one]) => one === layer)?.[0];
      if (twin) type === "overlayadd" ? other.layers[twin].addTo(other.map) : other.layers[twin].remove();
    });
  }
  left.control.remove();
  window.geogrid.maps = maps;
}

function moveTogether(left, right) {
  let leading = null;
  for (const [mine, other] of [[left, right], [right, left]]) {
    mine.on("move", () => {
      if (leading) return;
      leading = mine;
      other.setView(mine.getCenter(), mine.getZoom(), { animate: false });
      leading = null;
    });
  }
  left.setView(right.getCenter(), right.getZoom(), { animate: false });
}
