"use strict";

// The map's last script calls this with what Folium has made; the shapes come from the backdrop's script.
function geogridStart({ map, heat, control, layers }, { counts, names }) {
  for (const [name, layer] of Object.entries(layers)) {
    for (const { id, properties } of geogridAreas[name]) {
      const count = counts[id] ?? 0;
      Object.assign(properties, { layer: names[name], count, density: Math.round((count / properties.km2) * 10) / 10 });
    }
    layer.addData(geogridAreas[name]);
  }
  showNames(map, Object.keys(names).map((name) => layers[name]));
  tieLegend(map, heat);
  foldOnPhones(map, control);
  offerPrint(map);
  window.geogrid = { map, heat, layers };
}

// The names of streets from afar, the codes of grids from near.
function showNames(map, grids) {
  const NEAR = 15.5;
  const streets = L.layerGroup(geogridAreas.labels.map(({ at, name }) => label(at, name, "street-name")));
  const codes = L.layerGroup().addTo(map);
  const update = () => {
    const near = map.getZoom() >= NEAR;
    near ? streets.remove() : streets.addTo(map);
    codes.clearLayers();
    if (!near) return;
    const seen = map.getBounds();
    for (const layer of grids.filter((grid) => map.hasLayer(grid))) {
      layer.eachLayer((grid) => {
        const middle = grid.getBounds().getCenter();
        if (seen.contains(middle)) codes.addLayer(label(middle, grid.feature.id, "grid-code"));
      });
    }
  };
  map.on("zoomend moveend overlayadd overlayremove", update);
  update();
}

function label(at, text, className) {
  const html = document.createElement("span");
  html.textContent = text;
  return L.marker(at, {
    icon: L.divIcon({ html, className, iconSize: [120, 18] }), pane: "names", interactive: false, keyboard: false,
  });
}

function tieLegend(map, heat) {
  map.on("overlayadd overlayremove", ({ layer, type }) => {
    if (layer === heat) document.getElementById("legend-heat").hidden = type === "overlayremove";
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
