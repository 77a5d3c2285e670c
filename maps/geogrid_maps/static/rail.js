"use strict";
// A filter applies as soon as it is chosen; the button is for those who go without scripts.
const filters = document.getElementById("filters");
filters.querySelector("button").hidden = true;
filters.addEventListener("change", ({ target }) => {
  if (target.name === "street" && filters.elements.community) filters.elements.community.value = "";
  // What is not chosen stays out of the address, so that the address says just what is on.
  for (const field of filters.elements) field.disabled = field.name !== "" && field.value === "";
  filters.submit();
});
// After "back" the browser shows the form as it was left: with the fields disabled.
window.addEventListener("pageshow", () => {
  for (const field of filters.elements) field.disabled = false;
});
