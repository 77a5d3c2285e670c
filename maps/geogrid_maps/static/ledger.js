"use strict";
// desk_session.js shows its login dialog over this page, which has neither an event stream nor drafts.
window.geogridDesk = { follow() {}, clearDrafts() {} };
(() => {
  const failed = document.getElementById("failed");
  // A response that is no page, such as a problem in JSON, must not replace the entry and its typed text.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if ((detail.xhr.getResponseHeader("content-type") ?? "").startsWith("text/html")) return;
    detail.shouldSwap = false;
    failed.hidden = false;
  });
  for (const kind of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(kind, ({ detail }) => {
      if (detail.xhr?.status !== 401) failed.hidden = false;
    });
  }
  document.addEventListener("htmx:afterSwap", () => {
    failed.hidden = true;
    document.querySelector("#entry .refused[role=alert], #entry .said-now")?.focus();
  });
})();
