"use strict";
// The limits of every interactive map: its zoom levels, the area that it can be moved to, and the home button.
// Zooming in past level 18 slows pages down and shows no more detail.
const DEEPEST_ZOOM = 18;
const WIDEST_ZOOM = 10;
const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

// Show the district, keep the map near it, and add the home button below the zoom buttons.
// `home` is the title of the button; `padding` returns options of fitBounds for the panels that cover the map.
function geogridExtent(map, bounds, home, { padding = () => ({}), deepest = DEEPEST_ZOOM } = {}) {
  const district = L.latLngBounds(bounds);
  const showDistrict = () => map.fitBounds(district, { ...padding(), animate: false });
  map.setMaxZoom(deepest);
  // Without animation: otherwise all layers are drawn twice.
  showDistrict();
  // A large district on a small screen must still fit.
  map.setMinZoom(Math.max(0, Math.min(WIDEST_ZOOM, Math.floor(map.getZoom()) - 1)));
  // The edge of the area stops a drag; otherwise the map would slide back after it.
  map.options.maxBoundsViscosity = 1;
  // Twice the district: the summary may cover almost half of the height.
  map.setMaxBounds(district.pad(1));
  addHomeButton(map, home, showDistrict);
}

function addHomeButton(map, title, showDistrict) {
  const button = L.DomUtil.create("a", "home-button", map.zoomControl.getContainer());
  Object.assign(button, { href: "#", title, role: "button", ariaLabel: title });
  const picture = document.createElementNS(SVG_NAMESPACE, "svg");
  const house = document.createElementNS(SVG_NAMESPACE, "path");
  const shape = { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" };
  for (const [name, value] of Object.entries(shape)) picture.setAttribute(name, value);
  const line = { d: "M1.5 8 8 2l6.5 6M3.5 7v7h9V7", fill: "none", stroke: "currentColor", "stroke-width": 1.5 };
  for (const [name, value] of Object.entries(line)) house.setAttribute(name, value);
  picture.append(house);
  button.append(picture);
  L.DomEvent.disableClickPropagation(button);
  // The URL hash holds the position of the map, so the link must not change it.
  button.addEventListener("click", (event) => (event.preventDefault(), showDistrict()));
  button.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    showDistrict();
  });
}
