/* What the screens do beyond HTML: theme, menu, local times, confirmations. */
"use strict";

const root = document.documentElement;

function isDark() {
  return root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
}

function labelTheme(button) {
  const label = isDark() ? "Light theme" : "Dark theme";
  button.textContent = label;
}

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  labelTheme(button);
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
    labelTheme(button);
  });
}

for (const button of document.querySelectorAll("[data-menu-toggle]")) {
  button.addEventListener("click", () => {
    const open = root.classList.toggle("menu-open");
    button.setAttribute("aria-expanded", String(open));
  });
}

/* The clock of the reader's account, where it has one, or else the browser's own. */
const timeZone = root.dataset.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const place of document.querySelectorAll("[data-clock]")) place.textContent = timeZone;
const short = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone,
});
const shortOfOtherYears = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", year: "numeric", timeZone,
});
const full = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "full", timeStyle: "long", timeZone,
});
const relative = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });
const STEPS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/* How long ago, or in how long, in the largest unit that fits. */
function ago(moment) {
  const seconds = (moment - Date.now()) / 1000;
  const [unit, size] = STEPS.find(([, of]) => Math.abs(seconds) >= of) ?? STEPS.at(-1);
  return relative.format(Math.round(seconds / size), unit);
}

/* On the reader's clock; the zone and the distance are told on hovering. */
function showTimes(place) {
  for (const time of place.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    const isNow = moment.getFullYear() === new Date().getFullYear();
    time.title = `${full.format(moment)}, ${timeZone}, ${ago(moment)}`;
    time.textContent = (isNow ? short : shortOfOtherYears).format(moment).replace(",", "");
  }
}
showTimes(document);

/* A choice filters at once, and the keyboard goes on where it was. */
const FILTERED = "filtered by";
for (const select of document.querySelectorAll("form.filters[method=get] select")) {
  select.addEventListener("change", () => {
    sessionStorage.setItem(FILTERED, `${location.pathname} ${select.name}`);
    select.form.requestSubmit();
  });
  if (sessionStorage.getItem(FILTERED) !== `${location.pathname} ${select.name}`) continue;
  sessionStorage.removeItem(FILTERED);
  (select.hidden ? select.nextElementSibling?.querySelector("input") : select)?.focus();
}

/* On a phone the filters are behind a button. */
for (const button of document.querySelectorAll("[data-filter-toggle]")) {
  button.addEventListener("click", () => {
    const open = button.form.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
  });
}

/* A table that fits needs no scrolling box, so that its header can stay in sight. */
const fitting = new ResizeObserver((entries) => {
  for (const { target: box } of entries) {
    box.classList.toggle("fits", box.firstElementChild.scrollWidth <= box.clientWidth);
  }
});
for (const box of document.querySelectorAll(".table-wrap")) fitting.observe(box);

/* Groups of the menu stay folded as they were left; the current one is open. */
const FOLDED = "menu";
const folded = JSON.parse(localStorage.getItem(FOLDED) ?? "{}");
for (const group of document.querySelectorAll("details.group")) {
  const { group: name } = group.dataset;
  if (name in folded && !group.querySelector("[aria-current]")) group.open = folded[name];
  group.querySelector("summary").addEventListener("click", () => {
    folded[name] = !group.open;
    localStorage.setItem(FOLDED, JSON.stringify(folded));
  });
}

/* Chosen rows: their number stands in the bar, whose buttons wait for one. */
const bulk = document.getElementById("bulk");
if (bulk) {
  const boxes = [...document.querySelectorAll("input[name=rowid]")];
  const all = document.querySelector("[data-check-all]");
  const everything = bulk.elements.namedItem("all");
  const tell = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    const total = everything?.checked ? bulk.querySelector(".all").textContent.trim() : "";
    bulk.querySelector("[data-chosen]").textContent = total || (chosen ? `${chosen} chosen` : "Choose rows");
    for (const button of bulk.querySelectorAll("[data-needs-choice]")) button.disabled = !chosen && !total;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  for (const box of [...boxes, everything]) box?.addEventListener("change", tell);
  addEventListener("pageshow", tell);
  tell();
}

/* What a cell cuts off is told on hovering. */
document.addEventListener("mouseover", (event) => {
  const cell = event.target.closest?.(".listed td");
  if (cell && cell.scrollWidth > cell.clientWidth && !cell.title) cell.title = cell.innerText;
});

/* Parts of a page that are loaded when they are opened. */
for (const part of document.querySelectorAll("details[data-part]")) {
  part.addEventListener("toggle", async () => {
    if (!part.open || part.dataset.loaded) return;
    part.dataset.loaded = "1";
    const body = part.querySelector("[data-part-body]");
    try {
      const answer = await fetch(part.dataset.part);
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      body.innerHTML = await answer.text();
      showTimes(body);
    } catch {
      delete part.dataset.loaded;
      const failed = document.createElement("p");
      failed.textContent = "This could not be loaded. Close and open it to try again.";
      body.prepend(failed);
    }
  });
}

/* Where the menu is longer than the window, it begins where the reader is. */
const menu = document.getElementById("menu");
const current = menu?.querySelector("[aria-current]");
if (current) menu.scrollTop = current.offsetTop - menu.offsetTop - menu.clientHeight / 2;

const dialog = document.getElementById("confirm");
let asking = null;

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  const question = button?.dataset.confirm;
  if (question && dialog && asking !== form) {
    event.preventDefault();
    dialog.querySelector("p").textContent = question;
    dialog.querySelector("[value=yes]").textContent = button.textContent.trim();
    dialog.onclose = () => {
      if (dialog.returnValue !== "yes") return;
      asking = form;
      form.requestSubmit(button);
      asking = null;
    };
    dialog.returnValue = "";
    dialog.showModal();
    return;
  }
  if (form.method !== "post") return;
  // After the browser has read the button's own value.
  setTimeout(() => {
    for (const other of form.querySelectorAll("button")) other.disabled = true;
  });
});

// A page brought back from the history must not keep its buttons disabled.
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form button:disabled:not([data-needs-choice])")) {
    button.disabled = false;
  }
});

// What stands behind the # never left the browser; the address forgets it at once.
for (const input of document.querySelectorAll("input[data-from-hash]")) {
  if (location.hash.length < 2) continue;
  input.value = location.hash.slice(1);
  input.closest(".field").hidden = true;
  history.replaceState(null, "", location.pathname);
}

document.querySelector(".error-summary")?.focus();
