"use strict";
// Fill the map of the district: the start function of each page calls geogridDistrict with the Folium elements. The shapes
// come from the script of the generation.
function geogridDistrict({ map, control, layers }, { bounds, home, names, counts = {}, base = null }, areas = geogridAreas) {
  // Respect "reduced motion"; moves by scripts are never animated.
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    map.options.inertia = false;
    map._zoomAnimated = map._fadeAnimated = false;
  }
  // Before the district is fitted below the summary, which the button may make a line taller.
  offerPrint(map);
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
  const same = (place) => place;
  window.geogrid = { map, layers, ...(base ? geogridBase(map, base) : { said: same, shown: same }) };
}

// Return the height of the map that the summary covers, in pixels, at most 45 % of the map.
function underStrip(map) {
  const frame = map.getContainer().getBoundingClientRect();
  const strip = document.getElementById("strip").getBoundingClientRect();
  const apart = strip.bottom < frame.top || strip.right < frame.left;
  return apart ? 10 : Math.min(strip.bottom - frame.top + 8, frame.height * 0.45);
}

// Show an element of the legend only while its layer is shown.
function geogridTie(map, tied, element) {
  map.on("overlayadd overlayremove", ({ layer, type }) => {
    if (layer === tied) document.getElementById(element).hidden = type === "overlayremove";
  });
}

// Show street names, or grid codes at high zoom levels; labels that overlap others are left out.
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
  // In the next frame: the layer control loops over the layers while it adds one.
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

// The label is set as text; other texts on the map are encoded by Python.
function label(at, text, className) {
  const html = document.createElement("span");
  html.textContent = text;
  return L.marker(at, {
    icon: L.divIcon({ html, className, iconSize: [120, 18] }), pane: "names", interactive: false, keyboard: false,
  });
}

// On phones all panels start collapsed.
function foldOnPhones(map, control) {
  if (!matchMedia("(max-width: 760px)").matches) return;
  for (const part of document.querySelectorAll("details")) part.open = false;
  control.collapse();
  map.on("click", () => control.collapse());
}

// Canvases are redrawn one frame after they change size, so the page gets its print size before printing starts.
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
    const printed = document.getElementById("printed");
    printed.textContent = new Date().toLocaleString(document.documentElement.lang, { timeZone: printed.dataset.zone });
  });
}
