"use strict";
// The map of the desk: the district, the queue, and the point of a new report.
document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("map");
  const { bounds, home, streets, communities, grids } = box.dataset;
  const base = JSON.parse(box.dataset.base);
  const zoomAnimation = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(box, { zoomAnimation, preferCanvas: true, attributionControl: false, zoomSnap: 0.25 });
  geogridExtent(map, JSON.parse(bounds), home);
  const same = (place) => place;
  const { said, shown } = base ? geogridBase(map, base) : { said: same, shown: same };
  const shapes = (names, style) =>
    L.geoJSON(names.flatMap((name) => geogridAreas[name]), { style, interactive: false });
  shapes(["outline"], { color: "#55605f", weight: 2, fillColor: "#fbfcfc", fillOpacity: 1, fill: !base }).addTo(map);
  shapes(["water"], { color: "#a9c8d6", weight: 1.5, fillColor: "#cfe2ea", fillOpacity: 1 }).addTo(map);
  const over = {
    [streets]: shapes(["streets"], { color: "#5c6766", weight: 1.8, fill: false }).addTo(map),
    [communities]: shapes(["communities"], { color: "#a3adac", weight: 0.9, fill: false }).addTo(map),
    [grids]: shapes(["urban", "rural", "dedicated"], { color: "#0b6e69", weight: 0.5, fill: false }),
  };
  const control = L.control.layers(null, over, { position: "topright" }).addTo(map);
  // The toggle is an empty link: it needs a name for screen readers.
  control.getContainer().querySelector("a")?.setAttribute("aria-label", "图层 · layers");
  L.control.scale({ imperial: false }).addTo(map);

  const names = L.layerGroup().addTo(map);
  const label = ({ at, text }) => {
    const html = document.createElement("span");
    html.textContent = text;
    return L.marker(at, { icon: L.divIcon({ html, className: "street-name", iconSize: [90, 16] }), interactive: false, keyboard: false });
  };
  const rename = () => {
    names.clearLayers();
    const taken = [];
    for (const one of geogridAreas.labels) {
      const point = map.latLngToLayerPoint(one.at);
      if (taken.some((other) => Math.abs(other.x - point.x) < 60 && Math.abs(other.y - point.y) < 15)) continue;
      taken.push(point);
      names.addLayer(label(one));
    }
  };
  map.on("moveend", rename);
  rename();

  const COLOURS = { overdue: "#a3200d", nearly_due: "#c47f17", on_time: "#54605f" };
  const waiting = L.layerGroup().addTo(map);
  const desk = window.geogridDesk;
  desk.map = map;
  desk.showQueue = (items) => {
    waiting.clearLayers();
    for (const { dataset } of items) {
      const dot = L.circleMarker(shown([Number(dataset.lat), Number(dataset.lon)]), {
        radius: 6, weight: 1.5, color: "#fff", fillColor: COLOURS[dataset.urgency], fillOpacity: 0.9, bubblingMouseEvents: false,
      });
      dot.on("click", () => document.getElementById(`q${dataset.number}`)?.click());
      waiting.addLayer(dot);
    }
  };
  let spot = null;
  desk.showPoint = (place) => {
    const at = shown(place);
    spot ??= L.circleMarker(at, { radius: 9, weight: 3, color: "#0b6e69", fillColor: "#fff", fillOpacity: 0.7, interactive: false });
    spot.setLatLng(at).addTo(map);
    map.setView(at, Math.max(map.getZoom(), 15), { animate: false });
  };
  desk.hidePoint = () => spot?.remove();
  map.on("click", ({ latlng }) => {
    const point = latlng.wrap();
    const [lat, lon] = said([point.lat, point.lng]);
    desk.setPoint({ lon: lon.toFixed(6), lat: lat.toFixed(6), datum: "wgs84", name: "" });
  });
  desk.showQueue([...document.querySelectorAll("#list .item")]);
  const open = document.getElementById("incident");
  if (open) desk.showPoint([Number(open.dataset.lat), Number(open.dataset.lon)]);
});
