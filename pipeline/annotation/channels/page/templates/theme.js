// Light or dark theme: the system's, or the coder's choice.
const byId = (id) => document.getElementById(id);
const darkSystem = window.matchMedia("(prefers-color-scheme: dark)");
const THEMES = ["system", "dark", "light"];
let theme = "system";

function applyTheme() {
  const dark = theme === "system" ? darkSystem.matches : theme === "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").textContent = `Theme: ${theme}`;
}

function chooseTheme(name) {
  theme = THEMES.includes(name) ? name : "system";
  applyTheme();
}

darkSystem.addEventListener("change", applyTheme);
applyTheme();
