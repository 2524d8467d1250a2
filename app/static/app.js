/* What the screens do beyond HTML: theme, menu, local times, confirmations, copying. */
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

const short = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  time.title = `${full.format(moment)} (${time.dateTime})`;
  time.textContent = (time.dataset.long === undefined ? short : full).format(moment).replace(",", "");
}

for (const select of document.querySelectorAll("form.filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

for (const all of document.querySelectorAll("[data-check-all]")) {
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll("input[name=rowid]")) {
      box.checked = all.checked;
    }
  });
}

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
  for (const button of document.querySelectorAll("form button:disabled")) {
    button.disabled = false;
  }
});

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}

document.querySelector(".error-summary")?.focus();
