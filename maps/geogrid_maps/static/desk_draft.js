"use strict";
// A report that somebody has begun is put aside while something else is looked at, and comes back with the same key.
(() => {
  const work = () => document.getElementById("work");
  const report = () => document.getElementById("report");
  const desk = window.geogridDesk;
  let draft = null;

  function keep(form) {
    draft = form;
    document.getElementById("draft").hidden = !form;
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id !== "new" || !(draft || report())) return;
    event.preventDefault();
    if (draft) {
      work().replaceChildren(draft);
      keep(null);
      desk.opened();
      desk.dirty = true;
    }
    report().elements.category.focus();
  });

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const form = report();
    // What the form itself has asked for takes its place: it was sent, or given up.
    if (detail.target !== work() || !detail.shouldSwap || !form || !desk.dirty || form.contains(detail.requestConfig.elt)) return;
    form.remove();
    keep(form);
  });
})();
