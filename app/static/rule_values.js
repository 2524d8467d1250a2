/* The control for a rule's value, by the kind of its field and its op. */
"use strict";

const LISTS = ["in", "not_in"];

function controlOf(name, kind, op, choices, values) {
  if (op === "is_set") return typed(name, "hidden", "");
  const isChosen = ["eq", "ne"].includes(op) && (kind === "truth" || choices.length);
  if (isChosen) return chosenOne(name, kind, choices, values[0] ?? "");
  if (LISTS.includes(op)) {
    return choices.length ? ticked(name, choices, values) : typedLines(name, values);
  }
  const type = kind === "date" || (kind === "moment" && values.every(isDay)) ? "date" : "text";
  const mode = kind === "number" ? "decimal" : "text";
  if (op !== "between") return typed(name, type, values[0] ?? "", mode);
  return together(["From", "To"].map((label, index) => {
    const one = typed(`${name}`, type, values[index] ?? "", mode);
    one.id = `${name}-${index}`;
    one.setAttribute("aria-label", label);
    return one;
  }), "pair");
}

function typed(name, type, value, mode = "text") {
  const input = document.createElement("input");
  Object.assign(input, { type, name, id: name, value, autocomplete: "off", spellcheck: false });
  if (type === "text") input.inputMode = mode;
  return input;
}

function typedLines(name, values) {
  const area = document.createElement("textarea");
  Object.assign(area, { name, id: name, value: values.join("\n"), spellcheck: false });
  area.rows = Math.min(Math.max(values.length, 1), 6);
  area.placeholder = "Several with commas or lines";
  return area;
}

function chosenOne(name, kind, choices, value) {
  const select = document.createElement("select");
  Object.assign(select, { name, id: name });
  const known = kind === "truth" ? [["true", "Yes"], ["false", "No"]] : choices.map((one) => [one, one]);
  const same = known.find(([one]) => one.toLowerCase() === value.toLowerCase());
  const other = value && !same ? [[value, value]] : [];
  options(select, [["", "Choose"], ...known, ...other], same?.[0] ?? value);
  return select;
}

function ticked(name, choices, values) {
  const wanted = values.map((one) => one.toLowerCase());
  const others = values.filter((one) => !choices.some((choice) => choice.toLowerCase() === one.toLowerCase()));
  return together([...choices, ...others].map((choice, index) => {
    const label = document.createElement("label");
    const box = typed(name, "checkbox", choice);
    box.id = `${name}-${index}`;
    box.checked = wanted.includes(choice.toLowerCase());
    label.className = "tick-choice";
    label.append(box, choice);
    return label;
  }), "ticks");
}

function together(parts, kind) {
  const group = document.createElement("div");
  group.className = kind;
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Values");
  group.append(...parts);
  return group;
}

function options(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, text]) => new Option(text, value, false, value === chosen)));
}

function isDay(value) {
  return /^\d{4}-\d{2}-\d{2}$/.test(value);
}
