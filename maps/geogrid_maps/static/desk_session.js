"use strict";
// Login dialog after the end of a session: the page keeps its contents, and the refused requests are repeated once.
// The forms are unchanged, so a report keeps its idempotency key.
(() => {
  const desk = window.geogridDesk;
  const dialog = document.getElementById("session");
  const form = dialog.querySelector("form");
  const problem = dialog.querySelector(".refused");
  // Refused requests by the element that sent them.
  const refused = new Map();
  // Background requests do not reopen a dialog that the user closed.
  let dismissed = false;

  function ask({ background }) {
    if (dialog.open || (background && dismissed)) return;
    problem.hidden = true;
    dialog.showModal();
  }
  desk.sessionEnded = () => ask({ background: true });

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, elt, target, requestConfig } = event.detail;
    if (xhr.status !== 401) return;
    event.preventDefault();
    const { verb, path, triggeringEvent } = requestConfig;
    refused.set(elt, { elt, target, verb, path, submitter: triggeringEvent?.submitter });
    ask({ background: !triggeringEvent || triggeringEvent.type === "news" });
  });

  function repeat({ elt, target, verb, path, submitter }) {
    if (!elt.isConnected) return;
    if (submitter) submitter.click();
    else htmx.ajax(verb, path, { source: elt, target });
  }

  function resume() {
    dismissed = false;
    const requests = [...refused.values()];
    refused.clear();
    dialog.close();
    desk.follow();
    requests.forEach(repeat);
    htmx.trigger(document.body, "news");
  }

  function tell(status) {
    problem.textContent = { 401: problem.dataset.wrong, 429: problem.dataset.many }[status] ?? problem.dataset.failed;
    problem.hidden = false;
    form.elements.password.select();
  }

  async function logIn() {
    const headers = { "HX-Request": "true" };
    const answer = await fetch(form.action, { method: "POST", headers, body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) return tell(answer.status);
    const me = await fetch("/v1/me");
    if (!me.ok) return tell(me.status);
    const { id } = await me.json();
    form.reset();
    if (id === document.body.dataset.account) return resume();
    // Another user: discard the page and all drafts.
    desk.clearDrafts();
    desk.leaving = true;
    location.reload();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button.main");
    button.disabled = true;
    await logIn().catch(() => tell(0));
    button.disabled = false;
  });
  function dismiss() {
    dismissed = true;
    refused.clear();
  }
  dialog.addEventListener("cancel", dismiss);
  dialog.querySelector("#later").addEventListener("click", () => {
    dismiss();
    dialog.close();
  });
})();
