"use strict";
const DEEPEST_FINDING_ZOOM = 22;

// Fill the map of findings from geogridReport.
function geogridFindingsStart(map, home) {
  const { findings, colours, borders } = geogridReport;
  const bounds = L.latLngBounds([]);
  for (const { style, shapes } of borders) {
    const layer = L.geoJson(shapes, { style: () => style, interactive: false }).addTo(map);
    // Bounds of the district only: a misplaced shape must not shrink it to a dot.
    if (style.weight >= 2 && shapes.length) bounds.extend(layer.getBounds());
  }
  const drawn = findings.map((feature, number) => draw(map, feature, colours, () => choose(number, false)));
  const buttons = [...document.querySelectorAll("[data-finding]")];

  function choose(number, move) {
    for (const button of buttons) button.removeAttribute("aria-current");
    buttons[number].setAttribute("aria-current", "true");
    buttons[number].scrollIntoView({ block: "nearest" });
    const { layer, at } = drawn[number];
    if (move) map.fitBounds(layer.getBounds(), { maxZoom: 18, padding: [60, 60], animate: false });
    // Popup above the shape.
    const top = L.latLng(layer.getBounds().getNorth(), at.lng);
    map.openPopup(card(findings[number].properties), top, { maxWidth: 340 });
  }

  for (const button of buttons) button.addEventListener("click", () => choose(Number(button.dataset.finding), true));
  if (!bounds.isValid()) for (const found of drawn) if (found) bounds.extend(found.layer.getBounds());
  if (bounds.isValid()) {
    // Deep zoom: some gaps are a centimetre wide.
    geogridExtent(map, bounds, home, { deepest: DEEPEST_FINDING_ZOOM });
    // Findings may lie far outside the district.
    for (const found of drawn) if (found) bounds.extend(found.layer.getBounds());
    map.setMaxBounds(bounds.pad(1));
  }
  window.geogridFindings = { map, drawn };
}

// Draw a finding, with a dot that shows small findings at low zoom levels.
function draw(map, feature, colours, onClick) {
  const { place, severity } = feature.properties;
  if (!place) return null;
  const at = L.latLng(place[1], place[0]);
  const color = colours[severity];
  const dot = () => L.circleMarker(at, { radius: 6, color: "#fff", weight: 1.5, fillColor: color, fillOpacity: 0.9 });
  const parts = [dot()];
  if (feature.geometry.type !== "Point") {
    parts.unshift(L.geoJson(feature.geometry, { style: () => ({ color, weight: 1.5, fillOpacity: 0.35 }) }));
  }
  const layer = L.featureGroup(parts).on("click", onClick).addTo(map);
  return { layer, at };
}

// Codes come from user files: set them as text, never as HTML.
function card({ code, layer, message, place }) {
  const box = document.createElement("div");
  for (const line of [`${layer} · ${code}`, message.zh, message.en, `${place[1].toFixed(7)}, ${place[0].toFixed(7)}`]) {
    box.appendChild(document.createElement("p")).textContent = line;
  }
  return box;
}
