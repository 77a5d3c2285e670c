"use strict";
const MOST_FOUND = 12;

function geogridExplorer(parts, figures) {
  geogridDistrict(parts, figures);
  const areas = ["streets", "communities", "urban", "rural", "dedicated"].flatMap((kind) =>
    geogridAreas[kind].map((feature) => ({ kind, code: feature.id, name: decoded(feature.properties.name), feature })));
  const box = document.getElementById("find");
  const list = document.getElementById("found");
  box.addEventListener("input", () => list.replaceChildren(...search(areas, box.value).map(row)));
  box.addEventListener("keydown", ({ key }) => {
    if (key === "ArrowDown" || key === "Enter") (key === "Enter" ? list.querySelector("button")?.click() : list.querySelector("button")?.focus());
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (!step) return;
    event.preventDefault();
    (event.target.closest("li")[step]?.querySelector("button") ?? box).focus();
  });

  function row(area) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    const { community, street } = area.feature.properties;
    button.textContent = [area.name, area.code, [street, community].filter(Boolean).map(decoded).join(" · ")].filter(Boolean).join("  ");
    button.addEventListener("click", () => go(area));
    item.append(button);
    return item;
  }

  function go({ kind, code, feature }) {
    if (geogrid.openGrid && parts.layers[kind] && figures.names[kind]) geogrid.openGrid(code, { move: true });
    else parts.map.fitBounds(L.geoJSON(feature).getBounds(), { animate: false });
  }
}

// Decode names: the script of shapes has them with entities, since Folium sets them as HTML.
function decoded(text) {
  return new DOMParser().parseFromString(text, "text/html").documentElement.textContent;
}

// Return areas by rank: exact matches, then prefixes, then other matches.
function search(areas, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const rank = ({ code, name }) => {
    if (code === wanted || name === wanted) return 0;
    if (code.startsWith(wanted) || name.startsWith(wanted)) return 1;
    return name.includes(wanted) || code.includes(wanted) ? 2 : 3;
  };
  return areas.map((area) => [rank(area), area]).filter(([order]) => order < 3)
    .sort(([one], [other]) => one - other).slice(0, MOST_FOUND).map(([, area]) => area);
}
