"use strict";
const filters = document.getElementById("filters");

// A filter applies as soon as it is chosen.
filters.addEventListener("change", ({ target }) => {
  const { from, to, street, community } = filters.elements;
  // A year that is being typed passes through 0002, 0020 and 0202, which the field's least day rules out.
  if (!target.checkValidity()) return;
  // One end of the period takes the other along.
  if (from.value && to.value && from.value > to.value) (target === from ? to : from).value = target.value;
  if (target === street && community) community.value = "";
  // What is not chosen stays out of the address, so that the address says just what is on.
  for (const field of filters.elements) field.disabled = field.value === "";
  filters.action = location.pathname + location.hash;
  filters.submit();
});
// After "back" the browser shows the form as it was left: with the fields disabled.
window.addEventListener("pageshow", () => {
  for (const field of filters.elements) field.disabled = false;
});

// The address says where the map stands, as #zoom/latitude/longitude/grid, and other filters show the same place.
const [zoom, latitude, longitude, code] = location.hash.slice(1).split("/");
const place = [zoom, latitude, longitude].map(Number);
if (longitude && place.every(Number.isFinite)) geogrid.map.setView(geogrid.shown(place.slice(1)), place[0], { animate: false });
geogrid.code = code;
geogrid.tell = () => {
  const { lat, lng } = geogrid.map.getCenter();
  const place = geogrid.said([lat, lng]).map((degrees) => degrees.toFixed(5));
  const parts = [geogrid.map.getZoom(), ...place, ...(geogrid.code ? [geogrid.code] : [])];
  history.replaceState(null, "", `#${parts.join("/")}`);
};
geogrid.map.on("moveend", geogrid.tell);
document.addEventListener("click", ({ target }) => {
  const link = target.closest('a[href^="?"], .bar a[href^="/maps/"]');
  if (link) link.hash = location.hash;
});
