/* The builder of rules: fields by label, ops and values by kind, groups. */
"use strict";

const OPPOSITE = { eq: "ne", ne: "eq", in: "not_in", not_in: "in", all: "not-all", any: "not-any" };

/* Turned round: an op of its own, or the same one with a mark before it. */
function opposite(name) {
  return OPPOSITE[name] ?? (name.startsWith("not-") ? name.slice(4) : `not-${name}`);
}

class RulesBuilder {
  constructor(box) {
    this.box = box;
    this.name = box.dataset.name;
    this.next = Number(box.dataset.next);
    this.editor = box.closest("[data-catalogue]");
    this.catalogue = JSON.parse(this.editor.dataset.catalogue);
    this.form = box.closest("form");
    for (const rule of box.querySelectorAll("[data-rule]")) this.dress(rule);
    box.addEventListener("click", (event) => this.act(event));
    box.addEventListener("change", (event) => this.changed(event.target));
    this.form.addEventListener("change", (event) => {
      if (event.target.name === "campaign_id") this.another(event.target.value);
    });
    this.bound();
  }

  /* Offer what the chosen campaign asks; builders added later do so, too. */
  async another(campaign) {
    const fields = await fieldsOf(this.editor.dataset.fieldsUrl, campaign);
    if (!fields.length) return;
    this.catalogue.fields = fields;
    this.editor.dataset.catalogue = JSON.stringify(this.catalogue);
    for (const rule of this.box.querySelectorAll("[data-rule]")) this.dress(rule, this.values(rule));
  }

  input(rule, what) {
    return rule.querySelector(`[data-cell=${what}] [name$="-${what}"]`);
  }

  field(rule) {
    const name = this.input(rule, "field").value;
    return this.catalogue.fields.find((one) => one.name === name || one.name === `fields.${name}`);
  }

  /* Put typed controls in the place of the plain ones, with what they hold. */
  dress(rule, values) {
    this.dressField(rule);
    this.dressOp(rule);
    const held = JSON.parse(rule.querySelector("[data-cell=value]").dataset.values);
    this.dressValue(rule, values ?? held.flatMap((one) => one.split("\n")));
  }

  dressField(rule) {
    const old = this.input(rule, "field");
    const chosen = old.value;
    const select = document.createElement("select");
    this.replace(old, select);
    select.append(new Option("Choose a field", ""));
    for (const group of new Set(this.catalogue.fields.map((one) => one.group))) {
      const part = document.createElement("optgroup");
      part.label = group;
      for (const one of this.catalogue.fields) {
        if (one.group === group) part.append(new Option(one.label, one.name));
      }
      select.append(part);
    }
    const own = [...select.options].find((one) => one.value === chosen || one.value === `fields.${chosen}`);
    // What the campaign has not is kept, for its owner to see and to change.
    if (!own) select.append(new Option(old.selectedOptions?.[0]?.textContent ?? chosen, chosen));
    select.value = own?.value ?? chosen;
  }

  dressOp(rule) {
    const select = this.input(rule, "op");
    const chosen = select.value;
    const ops = this.catalogue.ops[this.field(rule)?.kind ?? "text"];
    let offered = ops.filter(([op, , usual]) => usual || op === chosen);
    // An op of another kind stays only where a sent form was refused for it.
    if (!offered.some(([op]) => op === chosen) && select.getAttribute("aria-invalid")) {
      offered = [...offered, [chosen, select.selectedOptions[0].textContent]];
    }
    options(select, offered, chosen);
    if (select.selectedIndex < 0) select.selectedIndex = 0;
  }

  dressValue(rule, values) {
    const cell = rule.querySelector("[data-cell=value]");
    const op = this.input(rule, "op").value.replace(/^not-/, "");
    const { kind = "text", options: choices = [] } = this.field(rule) ?? {};
    const old = cell.querySelector("[name]");
    const name = `${this.name}-${rule.dataset.rule}-value`;
    const control = controlOf(name, kind, op, choices, values);
    for (const one of control.matches("[name]") ? [control] : control.querySelectorAll("[name]")) {
      for (const attribute of ["aria-invalid", "aria-describedby"]) {
        if (old?.hasAttribute(attribute)) one.setAttribute(attribute, old.getAttribute(attribute));
      }
    }
    const label = cell.querySelector("label");
    label.hidden = control.getAttribute("role") === "group" || op === "is_set";
    cell.querySelector(".control, :scope > textarea")?.remove();
    control.classList.add("control");
    label.after(control);
    cell.hidden = op === "is_set";
  }

  /* What is typed now, also of controls that are about to go. */
  values(rule) {
    const inputs = [...rule.querySelectorAll('[data-cell=value] [name$="-value"]')];
    const held = inputs.filter((one) => one.type !== "checkbox" || one.checked);
    const texts = held.flatMap((one) => (one.matches("textarea") ? one.value.split(/[,\n]/) : [one.value]));
    return texts.map((one) => one.trim()).filter(Boolean);
  }

  replace(old, control) {
    for (const name of ["id", "name", "aria-invalid", "aria-describedby"]) {
      if (old.hasAttribute(name)) control.setAttribute(name, old.getAttribute(name));
    }
    old.replaceWith(control);
  }

  changed(input) {
    const rule = input.closest("[data-rule]");
    if (!rule) return;
    const what = input.closest("[data-cell]")?.dataset.cell;
    for (const error of rule.querySelectorAll(".error")) error.remove();
    for (const one of rule.querySelectorAll("[aria-invalid]")) {
      one.removeAttribute("aria-invalid");
      one.removeAttribute("aria-describedby");
    }
    if (what === "field") this.dressOp(rule);
    if (what !== "value") this.dressValue(rule, this.values(rule));
  }

  act(event) {
    const action = event.target.closest("[data-act]")?.dataset.act;
    if (!action) return;
    const part = event.target.closest("[data-rule], [data-group]");
    this[action.replace("-", "_")](part);
    this.bound();
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  add_rule(group) {
    this.focus(this.make("rule", group));
  }

  add_group(group) {
    const made = this.make("group", group);
    this.focus(this.make("rule", made));
  }

  make(kind, group) {
    const holder = document.createElement("div");
    const template = this.box.querySelector(`template[data-template=${kind}]`);
    holder.innerHTML = template.innerHTML.replaceAll("__n__", String(this.next));
    this.next += 1;
    const made = holder.firstElementChild;
    this.within(made, group);
    group.querySelector(":scope > [data-list]").append(made);
    if (kind === "rule") this.dress(made);
    return made;
  }

  /* A part stands in the group that its hidden input names. */
  within(part, group) {
    part.querySelector(':scope > input[name$="-in"]').value = group.dataset.group;
  }

  remove(part) {
    const list = part.parentElement;
    const near = part.previousElementSibling ?? part.nextElementSibling;
    part.remove();
    if (near?.matches("[data-rule], [data-group]")) this.focus(near);
    else list.parentElement.querySelector(":scope > .rule-add button").focus();
  }

  wrap(rule) {
    const list = rule.parentElement;
    const made = this.make("group", list.parentElement);
    rule.before(made);
    this.move([rule], made);
    this.focus(rule);
  }

  unwrap(group) {
    const parts = [...group.querySelectorAll(":scope > [data-list] > :is([data-rule], [data-group])")];
    const outer = group.parentElement.closest("[data-group]");
    for (const part of parts) {
      this.within(part, outer);
      group.before(part);
    }
    group.remove();
    this.focus(parts[0] ?? outer);
  }

  move(parts, group) {
    for (const part of parts) {
      this.within(part, group);
      group.querySelector(":scope > [data-list]").append(part);
    }
  }

  negate(part) {
    const select = part.matches("[data-rule]")
      ? this.input(part, "op")
      : part.querySelector(":scope > .rule-head select");
    const turned = opposite(select.value);
    if (part.matches("[data-rule]") && ![...select.options].some((one) => one.value === turned)) {
      const ops = this.catalogue.ops[this.field(part)?.kind ?? "text"];
      const [, text] = ops.find(([op]) => op === turned);
      select.append(new Option(text, turned));
    }
    select.value = turned;
    if (part.matches("[data-rule]")) this.changed(select);
  }

  focus(part) {
    part.querySelector("select, input:not([type=hidden])")?.focus();
  }

  /* Groups within groups end where the language of rules is no longer read. */
  bound() {
    for (const group of this.box.querySelectorAll("[data-group]")) {
      let depth = 0;
      for (let at = group; at; at = at.parentElement.closest("[data-group]")) depth += 1;
      const deepest = depth >= Number(this.box.dataset.depth);
      for (const button of group.querySelectorAll(
        ":scope > .rule-add [data-act=add-group], :scope > [data-list] > [data-rule] [data-act=wrap]",
      )) button.hidden = deepest;
    }
  }
}

/* Asked once for all builders of a page. */
const asked = new Map();
function fieldsOf(path, campaign) {
  const url = new URL(path, location.href);
  url.searchParams.set("campaign_id", campaign);
  if (!asked.has(url.href)) {
    const answer = fetch(url, { headers: { Accept: "application/json" } });
    asked.set(url.href, answer.then((found) => (found.ok ? found.json() : [])).catch(() => []));
  }
  return asked.get(url.href);
}

function dressAll(place) {
  for (const box of place.querySelectorAll("[data-rules-builder]")) new RulesBuilder(box);
}
dressAll(document);
for (const rows of document.querySelectorAll("[data-rows]")) {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const row of addedNodes) if (row.nodeType === Node.ELEMENT_NODE) dressAll(row);
    }
  }).observe(rows, { childList: true });
}
