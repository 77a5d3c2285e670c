"use strict";

function geogridTimeline(parts, figures) {
  const { map, layers } = parts;
  geogridDistrict(parts, figures);
  const { unit, heatRadius, words } = figures;
  const pictures = figures.pictures.map((picture) => ({ ...picture, points: unpack(picture.cells, unit) }));
  geogridTie(map, layers.heat, "legend-heat");
  if (!pictures.length) return;
  scaleHeat(map, layers.heat, heatRadius);
  shareScale(map, [layers.heat], pictures.map(({ points }) => points));
  const show = player(pictures, words, (picture) => layers.heat.setLatLngs(picture.points));
  window.geogrid.show = show;
  show(0);
}

function unpack(flat, unit) {
  const points = [];
  for (let at = 0; at < flat.length; at += 3) points.push([flat[at + 1] * unit, flat[at] * unit, flat[at + 2]]);
  return points;
}

function player(pictures, words, draw) {
  const [play, speed, at, picture, bars] = ["play", "speed", "at", "picture", "bars"].map((id) => document.getElementById(id));
  const most = Math.max(...pictures.map(({ count }) => count), 1);
  let timer = null;
  const buttons = pictures.map(({ label, count }, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.style.setProperty("--share", count / most);
    button.title = `${label}: ${count.toLocaleString()} ${words.incidents}`;
    button.setAttribute("aria-label", button.title);
    // Not in the tab order: the slider selects them by keyboard.
    button.tabIndex = -1;
    button.addEventListener("click", () => (stop(), show(place)));
    return button;
  });
  bars.append(...buttons);
  const show = (place) => {
    at.value = place;
    const { label, count } = pictures[place];
    picture.textContent = `${label} · ${count.toLocaleString()} ${words.incidents}`;
    at.setAttribute("aria-valuetext", picture.textContent);
    for (const [index, button] of buttons.entries()) button.toggleAttribute("aria-current", index === place);
    draw(pictures[place]);
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    tell();
  };
  const start = () => {
    clearInterval(timer);
    timer = setInterval(() => show((Number(at.value) + 1) % pictures.length), Number(speed.value));
    tell();
  };
  const tell = () => {
    play.textContent = timer ? words.pause : words.play;
    // Screen readers announce steps only while the animation is paused.
    picture.setAttribute("aria-live", timer ? "off" : "polite");
  };
  play.addEventListener("click", () => (timer ? stop() : start()));
  speed.addEventListener("change", () => timer && start());
  at.addEventListener("input", () => (stop(), show(Number(at.value))));
  return show;
}
