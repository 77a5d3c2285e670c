"use strict";
// The desk in the browser: place field, keyboard shortcuts, live updates. All text is escaped by the server or set as text.
const desk = { number: null, dirty: false };
window.geogridDesk = desk;
const part = (id) => document.getElementById(id);
const report = () => part("report");

// --- the queue ---------------------------------------------------------------------------------------------------
function items() {
  return [...document.querySelectorAll("#list .item")];
}

function mark() {
  for (const item of items()) {
    if (Number(item.dataset.number) === desk.number) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  }
}

// Announce the counts in an element that stays: screen readers do not read new elements.
function tell() {
  const counts = document.querySelector("#list .counts").textContent.replace(/[▲◆○\s]+/g, " ").trim();
  if (part("told").textContent !== counts) part("told").textContent = counts;
}

// The arrow keys mark an incident, Enter opens it.
function walk(by) {
  const all = items();
  if (!all.length) return;
  const at = all.findIndex((item) => item.hasAttribute("aria-current"));
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  desk.number = Number(next.dataset.number);
  mark();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

// --- category field --------------------------------------------------------------------------------------------
// With many categories, one is found by typing before it is chosen.
desk.firstField = () => part("find-category") ?? report()?.elements.category;

// Show the categories that contain the text in their name, code or group, and choose the first.
function findCategory(box) {
  const text = box.value.trim().toLowerCase(), select = part("category");
  const found = [...select.options].filter((option) => {
    const named = `${option.text} ${option.parentElement.label ?? ""}`.toLowerCase();
    option.hidden = option.value !== "" && !named.includes(text);
    return option.value !== "" && !option.hidden;
  });
  select.value = text && found.length ? found[0].value : "";
}

document.addEventListener("input", ({ target }) => target.id === "find-category" && findCategory(target));
// The chosen category changes the routing once the field is left.
document.addEventListener("change", ({ target }) => {
  if (target.id === "find-category") part("category").dispatchEvent(new Event("change", { bubbles: true }));
});

// --- place field -----------------------------------------------------------------------------------------------
const options = () => [...document.querySelectorAll('#suggestions [role="option"]')];

function showOptions(shown) {
  const list = part("suggestions"), box = part("place");
  if (!list || !box) return;
  list.hidden = !shown || !list.children.length;
  box.setAttribute("aria-expanded", String(!list.hidden));
  if (list.hidden) box.removeAttribute("aria-activedescendant");
}

function highlight(at) {
  options().forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
  const option = options()[at];
  if (!option) return;
  part("place").setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function take(option) {
  const { name, lon, lat, datum, shownLon, shownLat, named, hint } = option.dataset;
  // Keep pasted coordinates as they are, so that they can be read in another datum.
  if (named) part("place").value = name;
  const shown = [Number(shownLat), Number(shownLon)];
  setPoint({ lon, lat, datum, hint, name: named ? name : "", shown, pasted: !named });
  showOptions(false);
}

// Set the point of the report, from a suggestion, a click on the map, or the device.
function setPoint(point) {
  const { lon, lat, datum, name, accuracy = "", hint = "", shown, pasted = false } = point;
  const form = report();
  if (!form) return;
  form.dataset.point = JSON.stringify(point);
  const { elements } = form;
  Object.assign(elements.lon, { value: lon });
  elements.lat.value = lat;
  elements.point_datum.value = datum;
  elements.accuracy_m.value = accuracy;
  elements.place_name.value = name;
  part("point").textContent = `${Number(lon).toFixed(6)}, ${Number(lat).toFixed(6)} (${datum})${accuracy ? ` ± ${accuracy} m` : ""} ${hint}`;
  form.toggleAttribute("data-pasted", pasted);
  desk.dirty = true;
  desk.saveReport?.();
  desk.showPoint?.(shown ?? [Number(lat), Number(lon)]);
  htmx.trigger(document.body, "point");
}
desk.setPoint = setPoint;

// Remove a point whose coordinates cannot be read in the datum that is chosen now.
function clearPoint() {
  const { elements } = report();
  for (const field of ["lon", "lat", "point_datum", "accuracy_m", "place_name"]) elements[field].value = "";
  part("point").textContent = part("point").dataset.wanted;
  report().removeAttribute("data-pasted");
  report().removeAttribute("data-point");
  desk.saveReport?.();
  desk.hidePoint?.();
  htmx.trigger(document.body, "point");
}

// The datum can be chosen before the coordinates are pasted or after: search again, and use the result at once.
function rereadPasted() {
  if (!part("place").value.trim()) return;
  desk.asking = true;
  desk.takePasted = true;
  htmx.trigger(part("place"), "ask");
}

function takePasted() {
  desk.takePasted = false;
  const [first] = options();
  if (first && !first.dataset.named) take(first);
  else if (report().hasAttribute("data-pasted")) clearPoint();
  // A note without a suggestion says why there is none.
  showOptions(!first);
}

// A report that the service refused comes back with its point; a draft holds how the point was found as well.
function restorePoint() {
  const kept = report()?.elements;
  if (!kept) return;
  if (!kept.lon.value) return kept.category.value && htmx.trigger(document.body, "point");
  if (report().dataset.point) return setPoint(JSON.parse(report().dataset.point));
  const [lon, lat, datum, name, accuracy] = ["lon", "lat", "point_datum", "place_name", "accuracy_m"].map((field) => kept[field].value);
  setPoint({ lon, lat, datum, name, accuracy });
}

// Photos before and after are required only for an incident that was handled on the spot.
function requirePhotos() {
  const controls = report()?.elements;
  if (!controls?.on_spot) return;
  for (const name of ["before", "after"]) controls[name].required = controls.on_spot.checked;
}

function placeKeys(event) {
  const all = options(), at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (part("suggestions").hidden) showOptions(true);
    highlight(event.key === "ArrowDown" ? (at + 1) % all.length : (at - 1 + all.length) % all.length);
  } else if (event.key === "Enter") {
    // While a search runs, the list has the results of the previous text.
    if (desk.asking) desk.takeFirst = true;
    else if (!part("suggestions").hidden && all.length) take(all[Math.max(at, 0)]);
  } else if (event.key === "Escape" && !part("suggestions").hidden) {
    showOptions(false);
    event.stopPropagation();
  } else return;
  event.preventDefault();
}

function locateMe(button) {
  const failed = () => (part("point").textContent = button.dataset.failed);
  if (!navigator.geolocation) return failed();
  button.disabled = true;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      button.disabled = false;
      const accuracy = Math.max(1, Math.round(coords.accuracy));
      setPoint({ lon: coords.longitude, lat: coords.latitude, datum: "wgs84", name: "", accuracy });
    },
    () => {
      button.disabled = false;
      failed();
    },
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
  );
}

document.addEventListener("input", ({ target }) => {
  desk.dirty ||= Boolean(target.closest("#work"));
  if (target.id === "place") desk.asking = true;
});
document.addEventListener("change", ({ target }) => {
  if (target.id === "datum") rereadPasted();
  if (target.id === "on-spot") requirePhotos();
});
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest?.('#suggestions [role="option"]');
  if (!option) return showOptions(event.target.id === "place");
  event.preventDefault();
  take(option);
});
document.addEventListener("click", ({ target }) => {
  if (target.closest("#here")) locateMe(target.closest("#here"));
  if (target.closest("#keys")) part("help").showModal();
});

// --- htmx responses --------------------------------------------------------------------------------------------
document.addEventListener("htmx:afterSwap", ({ target, detail }) => {
  if (target.id === "suggestions") {
    // Ignore the response if the text has changed since.
    const { place, pasted_datum: datum } = detail.requestConfig.parameters;
    desk.asking = place !== part("place").value || datum !== part("datum").value;
    showOptions(document.activeElement === part("place"));
    highlight(0);
    if (desk.asking) return;
    if (desk.takePasted) return takePasted();
    if (desk.takeFirst && options().length) take(options()[0]);
    desk.takeFirst = false;
  }
});
document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (part("list")?.contains(target) || target.id === "list") {
    mark();
    desk.showQueue?.(items());
    tell();
  }
  if (target.id === "work") opened();
});

// What is not answered, or by an error of the server's own, is told: nothing that looks done may be lost.
for (const kind of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(kind, () => (part("failed").hidden = false));
}
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful) part("failed").hidden = true;
});

// A part has come into the middle column: mark what it is, and put the hand where the work is.
function opened() {
  const incident = part("incident");
  desk.dirty = Boolean(desk.restoreDrafts?.());
  const here = new URL(location.href);
  if (incident) {
    desk.number = Number(incident.dataset.number);
    desk.showPoint?.([Number(incident.dataset.lat), Number(incident.dataset.lon)]);
    here.searchParams.set("incident", incident.dataset.number);
  } else if (report()) here.searchParams.delete("incident");
  history.replaceState(history.state, "", here);
  restorePoint();
  requirePhotos();
  mark();
  const first = desk.firstField() ?? document.querySelector("#incident .step[open] button.main");
  part("work").scrollTop = 0;
  (first ?? part("work")).focus({ preventScroll: true });
  if (matchMedia("(max-width: 760px)").matches) part("work").scrollIntoView({ block: "start" });
  if (desk.search) part("place")?.focus();
  desk.search = false;
}

desk.opened = opened;

// --- keys --------------------------------------------------------------------------------------------------------
const typing = (target) => target.matches?.("input, select, textarea, [contenteditable]");

function leave(target) {
  if (typing(target)) target.blur();
  const item = items().find((one) => one.hasAttribute("aria-current")) ?? items()[0];
  item?.focus();
}

function search() {
  if (part("place")) part("place").focus();
  else if (part("new")) {
    desk.search = true;
    part("new").click();
  }
}

// A digit settles a doubtful location with the possible grid of this number.
const pick = (place) => document.querySelectorAll("#incident .pick button")[place]?.click();

const KEYS = {
  n: () => part("new")?.click(),
  j: () => walk(1),
  k: () => walk(-1),
  1: () => pick(0),
  2: () => pick(1),
  3: () => pick(2),
  ArrowDown: () => walk(1),
  ArrowUp: () => walk(-1),
  "/": search,
  "?": () => part("help")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  // Not Enter alone: pressed twice by mistake it would send what nobody has looked at.
  if (key === "Enter" && (event.ctrlKey || event.metaKey) && target.closest?.("#report, .take")) {
    const form = target.closest("form");
    return (form.querySelector("button.main") ?? form.querySelector("button:not([type])")).click();
  }
  if (key === "Enter" && target.matches?.("#report input")) event.preventDefault();
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  if (target.id === "place") placeKeys(event);
  if (event.defaultPrevented) return;
  if (key === "Escape") return leave(target);
  // Arrows move in fields and lists of their own; only Escape leaves these.
  if (typing(target) || !KEYS[key] || (key.startsWith("Arrow") && target.closest?.(".leaflet-container"))) return;
  event.preventDefault();
  KEYS[key]();
});

// --- live updates -------------------------------------------------------------------------------------
let waiting = null;
function news({ incident, version = Infinity }) {
  // Several changes in a short time cause one request.
  clearTimeout(waiting);
  waiting = setTimeout(() => htmx.trigger(document.body, "news"), 250);
  const open = part("incident");
  if (!open || Number(open.dataset.number) !== incident || version <= Number(open.dataset.version)) return;
  const moved = open.querySelector(".moved");
  // Do not replace a form that is being filled in.
  if (desk.dirty || part("work").contains(document.activeElement)) moved.hidden = false;
  else htmx.trigger(moved.querySelector("button"), "reread");
}

let source = null;
function follow() {
  if (source && source.readyState !== EventSource.CLOSED) return;
  source = new EventSource("/v1/events");
  source.addEventListener("open", () => (part("lost").hidden = true));
  // An incident that has left the queue has also changed.
  for (const kind of ["change", "gone", "import"]) source.addEventListener(kind, ({ data }) => news(JSON.parse(data)));
  source.addEventListener("ended", () => {
    source.close();
    desk.sessionEnded();
  });
  source.addEventListener("error", () => {
    part("lost").hidden = false;
    // The server closes the stream only if the session has ended.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => htmx.trigger(document.body, "news"), 1000);
  });
}
desk.follow = follow;
window.addEventListener("pagehide", () => source?.close());

document.addEventListener("DOMContentLoaded", () => {
  if (part("incident")) opened();
  follow();
});
