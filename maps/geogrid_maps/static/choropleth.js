"use strict";
const PANE = "choropleth";
const SVG = "http://www.w3.org/2000/svg";

function geogridAreal(parts, figures) {
  const { map, layers } = parts;
  geogridDistrict(parts, figures);
  for (const name of figures.off) map.removeLayer(layers[name]);
  // Above the grid lines, which must not take the clicks; below the borders.
  map.createPane(PANE).style.zIndex = 405;
  const renderer = L.svg({ pane: PANE });
  const features = figures.drawn.flatMap((name) => geogridAreas[name]).filter(({ id }) => figures.rows[id]);
  const areas = L.geoJSON(features, { renderer, pane: PANE, style: ({ id }) => look(figures.rows[id], figures.colours) }).addTo(map);
  addHatching(renderer, figures.colours);
  const known = new Map(areas.getLayers().map((layer) => [layer.feature.id, layer]));
  const mark = (layer) => {
    areas.resetStyle();
    layer?.setStyle({ weight: 3, color: "#0b6e69" }).bringToFront();
  };
  // Grids open the drawer if the page has one.
  const show = (layer, at) => {
    mark(layer);
    if (figures.grids && geogrid.openGrid) geogrid.openGrid(layer.feature.id);
    else map.openPopup(card(layer.feature, figures), at, { className: "grid-card" });
  };
  areas.on("click", ({ layer, latlng }) => show(layer, latlng));
  document.addEventListener("click", ({ target }) => {
    const layer = known.get(target.closest("[data-area]")?.dataset.area);
    if (!layer) return;
    map.fitBounds(layer.getBounds(), { maxZoom: 15, animate: false });
    show(layer, layer.getBounds().getCenter());
  });
  fillDrawer((code) => {
    mark(known.get(code));
    return known.has(code) && card(known.get(code).feature, figures);
  });
  Object.assign(geogrid, { areas });
}

// Add the values of the map to the details in the drawer whenever its content changes.
function fillDrawer(cardOf) {
  const drawer = document.getElementById("drawer");
  if (!drawer) return;
  new MutationObserver(() => {
    if (drawer.querySelector(".card")) return;
    const content = cardOf(document.getElementById("drawer-code")?.textContent);
    if (content) drawer.querySelector("dl").before(content);
  }).observe(drawer, { childList: true });
}

// Return the style of an area: hatched with few incidents, grey without a value.
function look([place, small], colours) {
  const fillColor = place === null ? "#e3e0d8" : small ? `url(#hatch-${place})` : colours[place];
  return { fillColor, fillOpacity: place === null ? 0.5 : 0.85, weight: 0.5, color: "#6b675c" };
}

function addHatching(renderer, colours) {
  const defs = document.createElementNS(SVG, "defs");
  colours.forEach((colour, place) => {
    const pattern = draw(defs, "pattern", { id: `hatch-${place}`, width: 6, height: 6, patternUnits: "userSpaceOnUse" });
    draw(pattern, "rect", { width: 6, height: 6, fill: colour });
    draw(pattern, "path", { d: "M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2", stroke: linesOn(colour), "stroke-width": 0.9 });
  });
  renderer._container.prepend(defs);
}

// Return the colour of hatching lines with a contrast of at least 3 : 1.
function linesOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.3 ? "#4a473e" : "#ffffff";
}

function draw(parent, name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
  return element;
}

// Return a share in per cent; 0 and 100 only for 0 and 1, as `format_share` does.
function percent(share, language) {
  if (share > 0 && share < 0.0005) return "<0.1%";
  if (share >= 0.9995 && share < 1) return ">99.9%";
  return share.toLocaleString(language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

// Return the popup of an area. All texts are set as text; names are decoded from entities.
function card({ id, properties }, { rows, words, share }) {
  const [, small, n, value, low, high, smoothed, smoothedLow, smoothedHigh, people, z] = rows[id];
  const language = document.documentElement.lang;
  const number = (found) => (share ? percent(found, language) : found.toLocaleString(language, { maximumFractionDigits: 1 }));
  const lines = [
    [words.code, id],
    [words.community, plain(properties.community)],
    [words.street, plain(properties.street)],
    [words.value, value === null ? words.no_value : number(value)],
    // Without an upper limit: too much is still open to tell.
    [words.interval, low === null ? "" : `${number(low)} – ${high === null ? "…" : number(high)}`],
    [words.smoothed, smoothed === null ? "" : `${number(smoothed)} (${number(smoothedLow)} – ${number(smoothedHigh)})`],
    [words.n, n === null ? "< 3" : n.toLocaleString()],
    [words.residents, people === null ? "" : people.toLocaleString()],
    [words.score, z === null ? "" : z.toFixed(2)],
  ].filter(([, text]) => text);
  const box = document.createElement("div");
  box.className = "card";
  const title = document.createElement("b");
  title.textContent = plain(properties.name);
  const table = document.createElement("table");
  for (const line of lines) {
    const row = table.insertRow();
    row.className = line[0] === words.code || line[0] === words.community || line[0] === words.street ? "where" : "";
    for (const [place, text] of line.entries()) {
      const cell = document.createElement(place ? "td" : "th");
      cell.textContent = text;
      row.append(cell);
    }
  }
  box.append(title, table);
  if (small) {
    const note = document.createElement("p");
    note.className = "note";
    note.textContent = words.small;
    box.append(note);
  }
  return box;
}

// Decode entities. Scripts and images in a template element are not executed or loaded.
function plain(text) {
  const template = document.createElement("template");
  template.innerHTML = text ?? "";
  return template.content.textContent;
}
