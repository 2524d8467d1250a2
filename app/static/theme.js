/* Sets the chosen theme before the first paint; without a choice the system's holds. */
"use strict";
{
  const chosen = localStorage.getItem("theme");
  if (chosen === "dark" || chosen === "light") {
    document.documentElement.dataset.theme = chosen;
  }
  document.documentElement.classList.add("js");
}
