// The list of passages with their state, rendered in chunks.
const CHUNK = 100;
let listed = [];

const STATES = {
  all: () => true,
  open: (record) => !record.kept,
  draft: (record) => !record.kept && isMarked(record),
  skipped: (record) => !record.kept && record.skipped,
  kept: (record) => record.kept,
};

function openList() {
  fillList();
  byId("list").showModal();
  byId("list-state").focus();
}

function fillList() {
  const fits = STATES[byId("list-state").value];
  const words = byId("list-words").value.toLowerCase().trim();
  listed = passages.map((_, place) => place).filter(
    (place) => fits(recordOf(place)) && (!words || passages[place].text.toLowerCase().includes(words)));
  byId("list-count").textContent = listed.length === 1 ? "1 passage" : `${listed.length} passages`;
  // The list starts near the current passage.
  const start = Math.max(0, listed.indexOf(current) - 10);
  listed = [...listed.slice(start), ...listed.slice(0, start)];
  byId("list-rows").replaceChildren();
  moreRows();
}

function moreRows() {
  const drawn = byId("list-rows").children.length;
  byId("list-rows").append(...listed.slice(drawn, drawn + CHUNK).map(listRow));
  byId("list-more").hidden = byId("list-rows").children.length >= listed.length;
}

function listRow(place) {
  const record = recordOf(place);
  const state = record.kept ? "kept" : record.skipped ? "skipped" : isMarked(record) ? "not kept" : "";
  const what = Object.entries(record.answers)
    .map(([name, value]) => `${questions[questionOf.get(name)].label} ${wordFor(value)}`);
  const button = document.createElement("button");
  button.type = "button";
  button.append(
    piece(String(place + 1)), piece(state), piece(passages[place].text.slice(0, 160), "snippet"),
    piece(what.join(", ") || (record.kept ? "everything absent" : ""), "what"));
  if (place === current) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => {
    byId("list").close();
    show(place, `Passage ${place + 1} of ${passages.length}.`);
  });
  const row = document.createElement("li");
  row.append(button);
  return row;
}

function piece(text, kind) {
  const span = document.createElement("span");
  span.textContent = text;
  if (kind) span.className = kind;
  if (kind === "snippet") span.dir = "auto";
  return span;
}

byId("open-list").addEventListener("click", openList);
byId("list-state").addEventListener("change", fillList);
byId("list-words").addEventListener("input", fillList);
byId("list-more").addEventListener("click", moreRows);
