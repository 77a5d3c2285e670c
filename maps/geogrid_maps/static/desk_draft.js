"use strict";
// Drafts of the forms at the desk. An unfinished report is put aside while another incident is open. The contents of all
// forms are also stored in this tab, by account and incident, so that a reload or a new login keeps them.
(() => {
  const PREFIX = "geogrid-draft:";
  const MINE = `${PREFIX}${document.body.dataset.account}:`;
  const FORMS = "#report, .take";
  const desk = window.geogridDesk;
  const work = () => document.getElementById("work");
  const report = () => document.getElementById("report");
  // Form of a report put aside, with its photos.
  let aside = null;
  let loggingOut = false;

  // --- storage ---------------------------------------------------------------------------------------------------
  const find = (form) =>
    form.id === "report" ? "report" : `${form.closest("#incident").dataset.number}:${form.elements.action.value}`;
  // A form may leave the page before its response arrives, so it stores its slot.
  const slotOf = (form) => (form.dataset.slot ??= find(form));

  function load(slot) {
    try {
      return JSON.parse(sessionStorage.getItem(MINE + slot));
    } catch {
      return null;
    }
  }

  function drop(slot) {
    sessionStorage.removeItem(MINE + slot);
    showBadge();
  }

  function removeAll(keys) {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX) && keys(key)) sessionStorage.removeItem(key);
  }
  desk.clearDrafts = () => removeAll(() => true);

  // --- forms -----------------------------------------------------------------------------------------------------
  const FIXED = new Set(["action", "version"]);
  const SKIPPED = new Set(["file", "submit", "button", "fieldset"]);
  const controls = (form) => [...form.elements].filter(({ name, type }) => name && !SKIPPED.has(type) && !FIXED.has(name));

  function read(control) {
    if (control.type === "checkbox") return control.checked;
    return control.multiple ? [...control.selectedOptions].map(({ value }) => value) : control.value;
  }

  function write(control, value) {
    if (control.type === "checkbox") control.checked = value;
    else if (control.multiple) for (const option of control.options) option.selected = value.includes(option.value);
    else {
      const chosen = control.tagName === "SELECT" && [...control.options].find((option) => option.value === value);
      // Levels are loaded later: add the chosen one now.
      if (chosen === undefined && control.closest("#how")) control.add(new Option(value, value));
      if (chosen !== undefined || control.closest("#how")) control.value = value;
    }
  }

  function isChanged(control) {
    if (control.type === "hidden") return control.name === "lon" && control.value !== "";
    if (control.type === "checkbox") return control.checked !== control.defaultChecked;
    if (control.tagName !== "SELECT") return control.value !== control.defaultValue;
    const initial = [...control.options].filter(({ defaultSelected }) => defaultSelected);
    if (!initial.length && !control.multiple) return control.selectedIndex > 0;
    return [...control.options].some((option) => option.selected !== option.defaultSelected);
  }

  // Return changed values as text: notes first, then other fields with their labels.
  function wordsOf(form) {
    const notes = [], others = [];
    for (const control of controls(form).filter((one) => one.type !== "hidden" && isChanged(one))) {
      if (control.type === "textarea") notes.push(control.value);
      else if (control.type !== "checkbox") {
        const label = control.labels[0]?.firstChild.textContent.trim() ?? control.name;
        others.push(`${label}: ${[...(control.selectedOptions ?? [])].map(({ text }) => text).join(", ") || control.value}`);
      }
    }
    return [...notes, ...others].join("\n");
  }

  function save(form) {
    const slot = slotOf(form);
    // A form that the service returned holds the values as its defaults.
    if (!form.hasAttribute("data-kept") && !controls(form).some(isChanged)) return drop(slot);
    const draft = {
      fields: Object.fromEntries(controls(form).map((control) => [control.name, read(control)])),
      point: form.dataset.point ?? "",
      title: form.closest(".step")?.querySelector("summary").textContent.trim() ?? "",
      words: wordsOf(form),
    };
    try {
      sessionStorage.setItem(MINE + slot, JSON.stringify(draft));
    } catch {
      // Without storage the draft lasts until the page is left.
    }
  }
  desk.saveReport = () => report() && save(report());

  function fill(form, draft) {
    for (const control of controls(form)) if (control.name in draft.fields) write(control, draft.fields[control.name]);
    if (draft.point) form.dataset.point = draft.point;
  }

  // --- restoring -------------------------------------------------------------------------------------------------
  function noteOf(template, discard) {
    const note = document.getElementById(template).content.firstElementChild.cloneNode(true);
    note.querySelector("button").addEventListener("click", discard);
    return note;
  }

  function restore(form) {
    if ("live" in form.dataset) return false;
    form.dataset.live = "";
    const slot = slotOf(form), draft = load(slot);
    if (form.hasAttribute("data-kept")) {
      if (draft?.point && draft.fields.lon === form.elements.lon?.value) form.dataset.point = draft.point;
      save(form);
      return true;
    }
    if (!draft) return false;
    fill(form, draft);
    const note = noteOf("draft-note", () => {
      drop(slot);
      note.remove();
      if (form.id === "report") document.getElementById("discard").click();
      else form.reset();
    });
    form.prepend(note);
    const step = form.closest("details");
    if (step) step.open = true;
    return true;
  }

  // Show the text of drafts whose step is no longer possible, for copying.
  function showLeft(incident) {
    const start = `${MINE}${incident.dataset.number}:`;
    const possible = new Set([...incident.querySelectorAll(".take")].map(slotOf));
    for (const key of Object.keys(sessionStorage).filter((one) => one.startsWith(start))) {
      const slot = key.slice(MINE.length), draft = load(slot);
      if (possible.has(slot) || !draft) continue;
      const discard = () => {
        drop(slot);
        box.remove();
      };
      const box = noteOf("draft-left", discard);
      box.querySelector("b").textContent = draft.title;
      box.querySelector("textarea").value = draft.words;
      // The service shows the same text when it refuses the step.
      incident.querySelector(`.left[data-action="${CSS.escape(slot.split(":")[1])}"]`)?.remove();
      incident.querySelector("header").after(box);
    }
  }

  desk.restoreDrafts = () => {
    const restored = [...document.querySelectorAll(FORMS)].filter(restore);
    const incident = document.getElementById("incident");
    if (incident) showLeft(incident);
    showBadge();
    return restored.length > 0;
  };

  function showBadge() {
    const badge = document.getElementById("draft");
    if (badge) badge.hidden = !(aside || (!report() && load("report")));
  }

  function keep(form) {
    aside = form;
    showBadge();
  }

  // --- events ----------------------------------------------------------------------------------------------------
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, ({ target }) => {
      loggingOut = false;
      const form = target.closest?.(FORMS);
      if (form) save(form);
    });
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id !== "new" || !(aside || report())) return;
    event.preventDefault();
    if (aside) {
      work().replaceChildren(aside);
      keep(null);
      desk.opened();
      desk.dirty = true;
    }
    desk.firstField().focus();
  });

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { elt } = detail.requestConfig;
    const form = report();
    if (detail.target !== work() || !detail.shouldSwap) return;
    if (detail.xhr.status < 300) {
      if (elt === aside) keep(null);
      if (elt.matches(FORMS)) drop(slotOf(elt));
      if (elt.id === "discard") drop("report");
    }
    // Do not put a sent or discarded report aside.
    if (!form || !desk.dirty || form.contains(elt)) return;
    form.remove();
    keep(form);
  });

  const unsent = () => aside || [...document.querySelectorAll(FORMS)].some((form) => load(slotOf(form)));
  window.addEventListener("beforeunload", (event) => {
    if (!desk.leaving && unsent()) event.preventDefault();
  });

  // Drafts stay if the user cancels the logout.
  document.addEventListener("submit", ({ target }) => (loggingOut = target.matches(".out")));
  document.addEventListener("keydown", () => (loggingOut = false), true);
  window.addEventListener("pagehide", () => loggingOut && desk.clearDrafts());

  removeAll((key) => !key.startsWith(MINE));
  document.addEventListener("DOMContentLoaded", () => {
    if (!document.getElementById("incident") && load("report")) document.getElementById("new")?.click();
    showBadge();
  });
})();
