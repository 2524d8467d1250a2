/* The request of a mapping while it is typed: asked after a pause, one by one. */
"use strict";

const QUIET_MS = 350;
const FAILED = { said: "The request could not be shown. Try again.", errors: [] };

class Preview {
  constructor(form) {
    this.form = form;
    form.querySelector("[data-show]").hidden = true;
    const later = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), QUIET_MS);
    };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
  }

  async ask() {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      const answer = await fetch(this.form.dataset.preview, {
        method: "POST", body: new URLSearchParams(new FormData(this.form)), headers: { Accept: "application/json" },
      });
      const isJson = answer.headers.get("content-type")?.startsWith("application/json");
      this.show(isJson ? await answer.json() : FAILED);
    } catch {
      this.show(FAILED);
    }
    this.busy = false;
    if (this.again) {
      this.again = false;
      this.ask();
    }
  }

  show({ said, errors, lead, request }) {
    this.form.querySelector("[data-said]").textContent = said;
    if (lead !== undefined) this.form.querySelector("[data-lead]").innerHTML = lead;
    if (request !== undefined) this.replace(this.form.querySelector("[data-request]"), request);
    for (const old of this.form.querySelectorAll(".row .error")) old.remove();
    for (const input of this.form.querySelectorAll(".row [aria-invalid]")) input.removeAttribute("aria-invalid");
    for (const error of errors) {
      const input = this.form.elements[error.name];
      if (!input?.closest) continue;
      input.setAttribute("aria-invalid", "true");
      const line = document.createElement("p");
      line.className = "error";
      line.textContent = error.said;
      input.closest(".cell").append(line);
    }
  }

  /* What the reader opened stays open. */
  replace(place, html) {
    const open = [...place.querySelectorAll("details")].map((one) => one.open);
    place.innerHTML = html;
    place.querySelectorAll("details").forEach((one, index) => { one.open = open[index] ?? false; });
  }
}
for (const form of document.querySelectorAll("form[data-preview]")) new Preview(form);
