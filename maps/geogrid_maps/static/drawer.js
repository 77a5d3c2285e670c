"use strict";
// A click on a grid opens the drawer with what the service tells of it; the address remembers which, behind the place.
const drawer = document.getElementById("drawer");
let asked = 0;
// What had the focus before the drawer took it.
let before = null;

async function openGrid(code, { move = false } = {}) {
  const mine = ++asked;
  if (drawer.hidden) before = document.activeElement;
  drawer.hidden = false;
  drawer.setAttribute("aria-busy", "true");
  geogrid.map.invalidateSize({ animate: false });
  mark(code, move);
  const answer = await fetch(`/maps/grids/${encodeURIComponent(code)}${location.search}`, { headers: { Accept: "text/html" } })
    .catch(() => null);
  // Another grid may have been clicked meanwhile.
  if (mine !== asked) return;
  drawer.removeAttribute("aria-busy");
  if (!answer?.ok) return drawer.replaceChildren(...failure());
  // All text in it is escaped by the service.
  drawer.innerHTML = await answer.text();
  // Who is at the filters stays there; the drawer of the address comes with every page.
  if (!filters.contains(document.activeElement)) drawer.querySelector("h2").focus({ preventScroll: true });
  geogrid.code = code;
  geogrid.tell();
}

function failure() {
  const told = document.createElement("p");
  told.setAttribute("role", "alert");
  told.textContent = drawer.dataset.failed;
  const leave = document.createElement("button");
  Object.assign(leave, { type: "button", className: "close", textContent: "×", ariaLabel: drawer.dataset.leave });
  leave.dataset.close = "";
  return [leave, told];
}

function closeGrid() {
  asked += 1;
  const focused = drawer.contains(document.activeElement);
  drawer.hidden = true;
  drawer.replaceChildren();
  geogrid.map.invalidateSize({ animate: false });
  unmark();
  geogrid.code = null;
  geogrid.tell();
  // Back to where the reader was; who came by a click, or by the address, goes on with the map.
  const back = before?.isConnected && before !== document.body ? before : geogrid.map.getContainer();
  if (focused) back.focus({ preventScroll: true });
}

let marked = null;
function unmark() {
  marked?.group.resetStyle(marked.layer);
  marked = null;
}

function mark(code, move) {
  unmark();
  for (const name of ["dedicated", "urban", "rural"]) {
    const group = geogrid.layers[name];
    const layer = group.getLayers().find(({ feature }) => feature.id === code);
    if (!layer) continue;
    if (move) geogrid.map.fitBounds(layer.getBounds(), { maxZoom: 16, animate: false });
    layer.setStyle({ weight: 3, color: "#0b6e69" });
    marked = { group, layer };
  }
}

for (const name of ["urban", "rural", "dedicated"]) {
  const group = geogrid.layers[name];
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
