// Continues where the coder stopped, or shows the welcome.
function beginCoding() {
  const last = placeOf.get(recall("place"));
  const place = last !== undefined && !recordOf(last).kept ? last : following(passages.length - 1);
  show(place ?? 0, place === null ? "All passages are kept." : "");
}

function welcome() {
  byId("work").hidden = byId("bar").hidden = byId("practice").hidden = true;
  byId("welcome").hidden = false;
  const { kept } = tally();
  byId("welcome-count").textContent = kept
    ? `${kept} of ${passages.length} passages are kept in this browser.`
    : `${passages.length} ${passages.length === 1 ? "passage" : "passages"} to code. This page works offline and needs no installation.`;
  byId("begin").textContent = kept ? "Continue coding" : "Start coding";
  byId("welcome-title").focus({ preventScroll: true });
}

byId("theme").addEventListener("click", () => {
  chooseTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]);
  remember("theme", theme);
});
byId("begin").addEventListener("click", beginCoding);
byId("begin-practice")?.addEventListener("click", beginPractice);
byId("again").addEventListener("click", () => {
  byId("keys").close();
  welcome();
});
// Take over answers given on the same page in another tab.
window.addEventListener("storage", (event) => {
  const place = event.key?.startsWith(prefix) ? placeOf.get(event.key.slice(prefix.length)) : undefined;
  if (place === undefined) return;
  records.set(place, stored(place));
  showProgress();
  if (place === current && !byId("work").hidden) draw();
});

// The passage sticks below the header, whose height varies.
new ResizeObserver(([header]) => {
  document.documentElement.style.setProperty("--top", `${Math.ceil(header.target.offsetHeight)}px`);
}).observe(document.querySelector("header"));

chooseTheme(recall("theme"));
byId("keys-on").checked = recall("keys") !== "off";
load();
showProgress();
if (records.size) beginCoding();
else welcome();
