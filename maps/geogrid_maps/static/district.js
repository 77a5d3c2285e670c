"use strict";
// The map's last script calls a function of its page with what Folium has made, and that one calls this; the shapes come
// from the backdrop's script. Also for the legend that belongs to one layer alone: geogridTie(map, layer, "element").
function geogridDistrict({ map, control, layers }, { bounds, home, names, counts = {}, base = null }, areas = geogridAreas) {
  // Who wants less motion has no zooming, sliding or fading; pages move at once in any case.
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    map.options.inertia = false;
    map._zoomAnimated = map._fadeAnimated = false;
  }
  const padding = () => ({ paddingTopLeft: [10, underStrip(map)], paddingBottomRight: [10, 10] });
  geogridExtent(map, bounds, home, { padding });
  for (const [name, features] of Object.entries(areas)) {
    if (!layers[name]) continue;
    for (const { id, properties } of features) {
      const count = counts[id] ?? 0;
      Object.assign(properties, { layer: names[name], count, density: Math.round((count / properties.km2) * 10) / 10 });
    }
    layers[name].addData(features);
  }
  showNames(map, Object.keys(names).map((name) => layers[name]), areas.labels);
  foldOnPhones(map, control);
  offerPrint(map);
  const same = (place) => place;
  window.geogrid = { map, layers, ...(base ? geogridBase(map, base) : { said: same, shown: same }) };
}

// How much of a map lies under the strip, in pixels; never more than leaves room for the district.
function underStrip(map) {
  const frame = map.getContainer().getBoundingClientRect();
  const strip = document.getElementById("strip").getBoundingClientRect();
  const apart = strip.bottom < frame.top || strip.right < frame.left;
  return apart ? 10 : Math.min(strip.bottom - frame.top + 8, frame.height * 0.45);
}

// What stands in the legend for a layer goes with it.
function geogridTie(map, tied, element) {
  map.on("overlayadd overlayremove", ({ layer, type }) => {
    if (layer === tied) document.getElementById(element).hidden = type === "overlayremove";
  });
}

// The names of streets from afar, the codes of grids from near; one that would lie on another is left out.
function showNames(map, grids, labels) {
  const NEAR = 15.5;
  const shown = L.layerGroup().addTo(map);
  const update = () => {
    const near = map.getZoom() >= NEAR;
    const taken = [];
    shown.clearLayers();
    for (const { at, text } of near ? codesInView(map, grids) : labels) {
      const point = map.latLngToLayerPoint(at);
      if (taken.some((other) => Math.abs(other.x - point.x) < (near ? 96 : 60) && Math.abs(other.y - point.y) < 15)) continue;
      taken.push(point);
      shown.addLayer(label(at, text, near ? "grid-code" : "street-name"));
    }
  };
  // Not while a layer is being added: the control goes through all of them in a loop.
  map.on("moveend overlayadd overlayremove", () => L.Util.requestAnimFrame(update));
  update();
}

function codesInView(map, grids) {
  const found = [];
  for (const layer of grids.filter((grid) => map.hasLayer(grid))) {
    layer.eachLayer((grid) => {
      const at = grid.getBounds().getCenter();
      if (map.getBounds().contains(at)) found.push({ at, text: grid.feature.id });
    });
  }
  return found;
}

// The text is set as text; everywhere else on the map it goes in encoded.
function label(at, text, className) {
  const html = document.createElement("span");
  html.textContent = text;
  return L.marker(at, {
    icon: L.divIcon({ html, className, iconSize: [120, 18] }), pane: "names", interactive: false, keyboard: false,
  });
}

// On a phone the map comes first: everything that folds starts folded.
function foldOnPhones(map, control) {
  if (!matchMedia("(max-width: 760px)").matches) return;
  for (const part of document.querySelectorAll("details")) part.open = false;
  control.collapse();
  map.on("click", () => control.collapse());
}

// Canvases are redrawn a frame after they change size, so the sheet is laid out before the browser is told to print.
function offerPrint(map) {
  const button = document.getElementById("print");
  const lay = (onPaper) => {
    const bounds = map.getBounds();
    document.body.classList.toggle("paper", onPaper);
    map.invalidateSize({ animate: false });
    map.fitBounds(bounds, { animate: false });
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    lay(true);
    setTimeout(() => {
      window.print();
      lay(false);
    }, 300);
  });
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll(".legend")) part.open = true;
    document.getElementById("printed").textContent = new Date().toLocaleString(document.documentElement.lang);
  });
}
