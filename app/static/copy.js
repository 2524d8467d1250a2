/* Buttons that copy: the text of `data-copy`, or of the element that `data-copy-of` names. */
"use strict";

/* Browsers give the clipboard to https and localhost alone; elsewhere a selection is copied. */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr-only";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("copying was refused");
}

for (const button of document.querySelectorAll("[data-copy], [data-copy-of]")) {
  const label = button.textContent, name = button.ariaLabel;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const of = button.dataset.copyOf;
    const text = of ? document.getElementById(of).textContent : button.dataset.copy;
    const said = await copy(text).then(() => "Copied", () => "Not copied");
    button.textContent = said;
    if (name) button.ariaLabel = said;
    button.classList.toggle("copied", said === "Copied");
    button.focus();
    setTimeout(() => {
      button.textContent = label;
      if (name) button.ariaLabel = name;
      button.classList.remove("copied");
    }, 1500);
  });
}
