"use strict";
// The URL hash holds the position of the map and the open grid: #zoom/latitude/longitude/grid. Links keep it.
const [zoom, latitude, longitude, code] = location.hash.slice(1).split("/");
const place = [zoom, latitude, longitude].map(Number);
if (longitude && place.every(Number.isFinite)) geogrid.map.setView(geogrid.shown(place.slice(1)), place[0], { animate: false });
geogrid.code = code;
geogrid.updateHash = () => {
  const { lat, lng } = geogrid.map.getCenter();
  const place = geogrid.said([lat, lng]).map((degrees) => degrees.toFixed(5));
  const parts = [geogrid.map.getZoom(), ...place, ...(geogrid.code ? [geogrid.code] : [])];
  history.replaceState(null, "", `#${parts.join("/")}`);
};
geogrid.map.on("moveend", geogrid.updateHash);
document.addEventListener("click", ({ target }) => {
  const link = target.closest('a[href^="?"], .bar a[href^="/maps/"]');
  if (link) link.hash = location.hash;
});
