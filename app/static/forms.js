/* What forms do beyond HTML: rows of editors, searched choices, zones, unsaved changes. */
"use strict";

/* Rows: the template names its inputs with __row__; a removed number is never reused. */
for (const rows of document.querySelectorAll("[data-rows]")) {
  const panel = rows.parentElement;
  const template = panel.querySelector("template[data-row-template]");
  let next = rows.querySelectorAll("[data-row]").length + 3;
  panel.querySelector("[data-add-row]").addEventListener("click", () => {
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__row__", String(next));
    next += 1;
    const row = holder.firstElementChild;
    rows.append(row);
    row.querySelector("input, select")?.focus();
  });
  rows.addEventListener("click", (event) => {
    if (!event.target.closest("[data-remove-row]")) return;
    const row = event.target.closest("[data-row]");
    (row.previousElementSibling ?? row.nextElementSibling)?.querySelector("input, select")?.focus();
    row.remove();
    rows.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

/* A choice among many rows: typed, searched by the server, kept in the select itself. */
class Search {
  constructor(select) {
    this.select = select;
    this.box = document.createElement("div");
    this.box.className = "search-box";
    this.input = document.createElement("input");
    this.list = document.createElement("ul");
    this.list.id = `${select.id}-list`;
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    const attributes = {
      type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list",
    };
    for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (select.hasAttribute(name)) this.input.setAttribute(name, select.getAttribute(name));
    }
    this.input.placeholder = "Type to search";
    const label = select.labels[0];
    this.list.setAttribute("aria-label", label?.textContent.trim() ?? "");
    this.input.id = select.id;
    select.removeAttribute("id");
    select.hidden = true;
    select.ariaLabel = this.list.ariaLabel;
    this.box.append(this.input, this.list);
    select.after(this.box);
    this.show();
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("focus", () => { this.input.select(); this.search(""); });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => { this.close(); this.settle(); });
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.choose(option);
    });
  }

  show() {
    this.input.value = this.select.value ? this.select.selectedOptions[0].textContent : "";
  }

  /* An emptied input means nothing is chosen; other text falls back to what was. */
  settle() {
    if (!this.input.value.trim() && this.select.value) this.set("", "");
    this.show();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(this.input.value), 150);
  }

  async search(text) {
    const url = new URL(this.select.dataset.url, location.href);
    url.searchParams.set("q", text);
    const owner = this.select.dataset.depends;
    const chosen = owner && this.select.form.elements[owner]?.value;
    if (chosen) url.searchParams.set(owner, chosen);
    const asked = (this.asked = Symbol("asked"));
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      const items = answer.ok ? await answer.json() : null;
      if (asked !== this.asked || document.activeElement !== this.input) return;
      this.offer(items);
    } catch {
      if (asked === this.asked) this.offer(null);
    }
  }

  offer(items) {
    const options = (items ?? []).map((item, index) => {
      const option = document.createElement("li");
      option.id = `${this.list.id}-${index}`;
      option.setAttribute("role", "option");
      option.dataset.value = item.value;
      option.dataset.currency = item.currency ?? "";
      option.textContent = item.text;
      return option;
    });
    if (!options.length) {
      const none = document.createElement("li");
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.textContent = items ? "Nothing found" : "The search failed. Try again.";
      options.push(none);
    }
    this.list.replaceChildren(...options);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(items?.length && this.input.value ? 0 : -1);
  }

  mark(index) {
    const options = [...this.list.querySelectorAll("[data-value]")];
    this.at = options.length ? (index + options.length) % options.length : -1;
    if (index < 0) this.at = -1;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === this.at)));
    const option = options[this.at];
    if (option) {
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
    return option;
  }

  key(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) this.search("");
      else this.mark(event.key === "ArrowDown" ? this.at + 1 : Math.max(this.at - 1, 0));
    } else if (event.key === "Enter" && !this.list.hidden) {
      event.preventDefault();
      const option = this.list.querySelector("[aria-selected=true]");
      if (option) this.choose(option);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
      this.show();
    }
  }

  choose(option) {
    if (option.dataset.value === undefined) return;
    this.set(option.dataset.value, option.textContent);
    if (option.dataset.currency) showCurrency(this.select.form, option.dataset.currency);
    this.close();
    this.show();
  }

  set(value, text) {
    let option = [...this.select.options].find((one) => one.value === value);
    if (!option) {
      option = new Option(text, value);
      this.select.append(option);
    }
    this.select.value = value;
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    this.asked = null;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
for (const select of document.querySelectorAll("select[data-url]")) new Search(select);

/* An amount's unit follows the currency that is typed or chosen beside it. */
function showCurrency(form, currency) {
  for (const unit of form.querySelectorAll("span[data-currency]")) {
    unit.textContent = currency.toUpperCase().slice(0, 3);
  }
}
for (const input of document.querySelectorAll("form.form input[name=currency]")) {
  input.addEventListener("input", () => showCurrency(input.form, input.value));
}

/* Times are typed on the account's clock; who has none types them on the browser's. */
for (const input of document.querySelectorAll("input[type=datetime-local]")) {
  const zone = input.form?.elements[`${input.name}-zone`];
  if (!zone || root.dataset.zone) continue;
  // What stands there in UTC is what is stored; another zone was typed, and refused.
  if (input.value && zone.value === "UTC") {
    const shown = new Date(`${input.value}Z`);
    shown.setMinutes(shown.getMinutes() - shown.getTimezoneOffset());
    input.value = shown.toISOString().slice(0, 16);
  }
  zone.value = timeZone;
  input.parentElement.querySelector("[data-zone]").textContent = timeZone;
}

/* Leaving a form with changes asks first; sending it does not. */
for (const form of document.querySelectorAll("form[data-guard]")) {
  let changed = form.dataset.guard === "unsaved" || document.querySelector(".error-summary") !== null;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("change", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
