"use strict";
const filters = document.getElementById("filters");

// A filter applies as soon as it is chosen; the button is for those who go without scripts.
filters.querySelector("button").hidden = true;
filters.addEventListener("change", ({ target }) => {
  if (target.name === "street" && filters.elements.community) filters.elements.community.value = "";
  // What is not chosen stays out of the address, so that the address says just what is on.
  for (const field of filters.elements) field.disabled = field.name !== "" && field.value === "";
  filters.action = location.pathname + location.hash;
  filters.submit();
});
// After "back" the browser shows the form as it was left: with the fields disabled.
window.addEventListener("pageshow", () => {
  for (const field of filters.elements) field.disabled = false;
});

// The address says where the map stands, as #zoom/latitude/longitude, and other filters show the same place.
const place = location.hash.slice(1).split("/").map(Number);
if (place.length === 3 && place.every(Number.isFinite)) geogrid.map.setView(place.slice(1), place[0], { animate: false });
geogrid.map.on("moveend", () => {
  const { lat, lng } = geogrid.map.getCenter();
  history.replaceState(null, "", `#${geogrid.map.getZoom()}/${lat.toFixed(5)}/${lng.toFixed(5)}`);
});
document.addEventListener("click", ({ target }) => {
  const link = target.closest('a[href^="?"]');
  if (link) link.hash = location.hash;
});
