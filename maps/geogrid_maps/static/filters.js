"use strict";
const filters = document.getElementById("filters");
const CHOSEN = "geogrid-chosen";
// On a phone what they choose from comes first.
if (matchMedia("(max-width: 760px)").matches) document.getElementById("rail").open = false;

const key = (field) => (field.type === "checkbox" ? `${field.name}=${field.value}` : field.name);
// A filter applies as soon as it is chosen.
filters.addEventListener("change", ({ target }) => {
  const { from, to, community } = filters.elements;
  // A year that is being typed passes through 0002, 0020 and 0202, which the field's least day rules out.
  if (!target.checkValidity()) return;
  // One end of the period takes the other along.
  if (from?.value && to?.value && from.value > to.value) (target === from ? to : from).value = target.value;
  if (target.name === "street" && community) community.value = "";
  // A list selects one value, the boxes below it select several: a change of one overrides the other.
  const twins = [...filters.elements].filter((field) => field.name === target.name && field.type !== target.type);
  for (const twin of twins) twin.type === "checkbox" ? (twin.checked = false) : (twin.value = "");
  // What is not chosen stays out of the address, so that the address says just what is on.
  for (const field of filters.elements) {
    const list = field.type === "checkbox" && filters.querySelector(`select[name="${field.name}"]`);
    field.disabled = field.value === "" || Boolean(list && list.value);
  }
  filters.action = location.pathname + location.hash;
  filters.submit();
  sessionStorage.setItem(CHOSEN, key(target));
});
// After "back" the browser shows the form as it was left: with the fields disabled.
window.addEventListener("pageshow", () => {
  for (const field of filters.elements) field.disabled = false;
});
// The page comes anew with each filter: who walks through them by keyboard goes on where they were.
const chosen = [...filters.elements].find((field) => field.name && key(field) === sessionStorage.getItem(CHOSEN));
chosen?.closest("details.several")?.setAttribute("open", "");
chosen?.focus({ preventScroll: true });
sessionStorage.removeItem(CHOSEN);
