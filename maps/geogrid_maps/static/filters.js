"use strict";
const filters = document.getElementById("filters");
const CHOSEN = "geogrid-chosen";
// On a phone what they choose from comes first.
if (matchMedia("(max-width: 760px)").matches) document.getElementById("rail").open = false;

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
  sessionStorage.setItem(CHOSEN, target.name);
});
// After "back" the browser shows the form as it was left: with the fields disabled.
window.addEventListener("pageshow", () => {
  for (const field of filters.elements) field.disabled = false;
});
// The page comes anew with each filter: who walks through them by keyboard goes on where they were.
filters.elements[sessionStorage.getItem(CHOSEN)]?.focus({ preventScroll: true });
sessionStorage.removeItem(CHOSEN);
