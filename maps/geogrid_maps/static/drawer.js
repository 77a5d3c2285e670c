"use strict";
// A click on a grid opens the drawer with its details; the URL hash holds its code after the position of the map.
const drawer = document.getElementById("drawer");
let requests = 0;
// Element that had the focus before the drawer opened.
let before = null;

async function openGrid(code, { move = false } = {}) {
  const request = ++requests;
  if (drawer.hidden) before = document.activeElement;
  drawer.hidden = false;
  drawer.setAttribute("aria-busy", "true");
  geogrid.map.invalidateSize({ animate: false });
  mark(code, move);
  const answer = await fetch(`/maps/grids/${encodeURIComponent(code)}${location.search}`, { headers: { Accept: "text/html" } })
    .catch(() => null);
  // Ignore the response if another grid was clicked since.
  if (request !== requests) return;
  drawer.removeAttribute("aria-busy");
  if (!answer?.ok) return drawer.replaceChildren(...failure());
  // The service escapes all text in it.
  drawer.innerHTML = await answer.text();
  // Keep the focus in the filters: the drawer of the URL opens on every page load.
  if (!filters.contains(document.activeElement)) drawer.querySelector("h2").focus({ preventScroll: true });
  geogrid.code = code;
  geogrid.updateHash();
}

function failure() {
  const message = document.createElement("p");
  message.setAttribute("role", "alert");
  message.textContent = drawer.dataset.failed;
  const leave = document.createElement("button");
  Object.assign(leave, { type: "button", className: "close", textContent: "×", ariaLabel: drawer.dataset.leave });
  leave.dataset.close = "";
  return [leave, message];
}

function closeGrid() {
  requests += 1;
  const focused = drawer.contains(document.activeElement);
  drawer.hidden = true;
  drawer.replaceChildren();
  geogrid.map.invalidateSize({ animate: false });
  unmark();
  geogrid.code = null;
  geogrid.updateHash();
  // Return the focus, or give it to the map.
  const back = before?.isConnected && before !== document.body ? before : geogrid.map.getContainer();
  if (focused) back.focus({ preventScroll: true });
}

// A district may be without some of these layers.
const gridLayers = ["dedicated", "urban", "rural"].map((name) => geogrid.layers[name]).filter(Boolean);
let marked = null;
function unmark() {
  marked?.group.resetStyle(marked.layer);
  marked = null;
}

function mark(code, move) {
  unmark();
  for (const group of gridLayers) {
    const layer = group.getLayers().find(({ feature }) => feature.id === code);
    if (!layer) continue;
    if (move) geogrid.map.fitBounds(layer.getBounds(), { maxZoom: 16, animate: false });
    layer.setStyle({ weight: 3, color: "#0b6e69" });
    marked = { group, layer };
  }
}

for (const group of gridLayers) {
  group.unbindPopup();
  group.on("click", ({ layer }) => openGrid(layer.feature.id));
}
drawer.addEventListener("click", ({ target }) => {
  if (target.closest("[data-close]")) closeGrid();
  const code = target.closest("[data-code]")?.dataset.code;
  if (code) openGrid(code, { move: true });
});
document.addEventListener("keydown", ({ key }) => key === "Escape" && !drawer.hidden && closeGrid());
geogrid.openGrid = openGrid;
if (geogrid.code) openGrid(geogrid.code);
