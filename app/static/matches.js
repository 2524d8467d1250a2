/* How many leads match the rules of a form: asked after a pause in typing, one by one. */
"use strict";

const PAUSE_MS = 400;
const UNKNOWN = { said: "The leads could not be counted.", errors: [] };

class MatchCount {
  constructor(place) {
    this.place = place;
    this.form = place.closest("form");
    this.editor = place.closest(".editor");
    const later = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), PAUSE_MS);
    };
    this.editor.addEventListener("input", later);
    this.editor.addEventListener("change", later);
    this.form.addEventListener("change", (event) => {
      if (event.target.name === "campaign_id") later();
    });
    this.ask();
  }

  async ask() {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      const body = new URLSearchParams(this.typed());
      const answer = await fetch(this.place.dataset.matches, {
        method: "POST", body, headers: { Accept: "application/json" },
      });
      const isJson = answer.headers.get("content-type")?.startsWith("application/json");
      this.show(isJson ? await answer.json() : UNKNOWN);
    } catch {
      this.show(UNKNOWN);
    }
    this.busy = false;
    if (this.again) {
      this.again = false;
      this.ask();
    }
  }

  /* The rules alone, and what says of which campaign; nothing else of the form. */
  typed() {
    const needed = ["csrf_token", "campaign_id"];
    return [...new FormData(this.form)].filter(
      ([name]) => needed.includes(name) || name === this.place.dataset.of || name.startsWith(`${this.place.dataset.of}-`),
    );
  }

  show({ said, errors }) {
    this.place.hidden = false;
    this.place.textContent = said;
    for (const error of this.editor.querySelectorAll("[data-live]")) error.remove();
    for (const error of errors) {
      const rule = this.editor.querySelector(`[data-rule="${error.rule}"], [data-group="${error.rule}"]`);
      if (!rule || rule.querySelector(".error:not([data-live])")) continue;
      const line = document.createElement("p");
      line.className = "error";
      line.dataset.live = "";
      line.textContent = error.said;
      (rule.querySelector(`:scope > .rule-cells > [data-cell="${error.name}"]`) ?? rule).append(line);
    }
  }
}
for (const place of document.querySelectorAll("[data-matches]")) new MatchCount(place);
