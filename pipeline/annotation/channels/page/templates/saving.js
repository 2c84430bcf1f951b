// Saves answers as JSON Lines, and loads a saved file.
function line(place) {
  const passage = passages[place];
  const record = recordOf(place);
  const practice = recall("practice");
  const row = {
    coder: data.coder,
    queue: data.queue,
    passage_id: passage.id,
    asked: passage.all ? "all" : askedOf(place).map((number) => questions[number].name),
    answers: Object.fromEntries(Object.entries(record.answers).filter(([, answer]) => answer !== "absent")),
    codebook_version: data.version,
    coded_at: record.at,
    source: `${data.source} ${data.queue}${practice ? `, practice ${practice}` : ""}`,
  };
  if (record.note.trim()) row.note = record.note.trim();
  if (Object.keys(record.evidence).length) row.evidence = record.evidence;
  return JSON.stringify(row);
}

// The answered questions; on the lead's page others stay open.
const askedOf = (place) =>
  passages[place].asked.filter((number) => answerOf(recordOf(place), questions[number]) !== null);

const keptPlaces = () => passages.map((_, place) => place).filter((place) => recordOf(place).kept);
const fileText = () => keptPlaces().map((place) => `${line(place)}\n`).join("");

function openSave(first = "") {
  const counts = tally();
  const drafts = counts.draft
    ? ` ${counts.draft} more ${counts.draft === 1 ? "has answers but was" : "have answers but were"} not kept (Enter) and will not be in the file.` : "";
  byId("save-count").textContent =
    `${first} The file will contain ${counts.kept} of ${passages.length} passages.${drafts}`.trim();
  byId("save-file").disabled = byId("save-text").disabled = counts.kept === 0;
  byId("save-said").textContent = "";
  byId("save-lines").hidden = true;
  byId("save").showModal();
}

function saveFile() {
  const address = URL.createObjectURL(new Blob([fileText()], { type: "application/x-ndjson" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${data.coder}-${data.queue}.jsonl`;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  unsaved = false;
  byId("save-said").textContent =
    `${link.download} is in your downloads: send it back. If nothing was saved, use “Show as text”.`;
}

function saveText() {
  byId("save-lines").value = fileText();
  byId("save-lines").hidden = false;
  byId("save-lines").focus();
  byId("save-lines").select();
  byId("save-said").textContent = "Copy all of it into a mail or a text file.";
}

async function openSaved(file) {
  let taken = 0;
  let left = 0;
  for (const text of (await file.text()).split("\n")) {
    if (!text.trim()) continue;
    const place = restore(text);
    if (place === null) left += 1;
    else taken += 1;
  }
  past.length = 0;
  showProgress();
  byId("save-said").textContent =
    `${taken} passages loaded from the file${left ? `; ${left} lines ignored: they belong to another page or coder, or are older than the answers here` : ""}.`;
  if (!byId("work").hidden) draw();
}

// Load a saved line; returns its passage, or null for a line of another page or an older one.
function restore(text) {
  try {
    const row = JSON.parse(text);
    const place = placeOf.get(row.passage_id);
    if (place === undefined || row.coder !== data.coder || row.codebook_version !== data.version) return null;
    const here = recordOf(place);
    if (here.kept && here.at > row.coded_at) return null;
    const said = data.settles ? Object.fromEntries([].concat(row.asked).map((name) => [name, "absent"])) : {};
    put(place, validated({ ...row, answers: { ...said, ...row.answers }, kept: true, at: row.coded_at }, place));
    return place;
  } catch {
    return null;
  }
}

window.addEventListener("beforeunload", (event) => {
  if ((!storage || full) && unsaved) event.preventDefault();
});
byId("open-save").addEventListener("click", () => openSave());
byId("save-file").addEventListener("click", saveFile);
byId("save-text").addEventListener("click", saveText);
byId("saved-file").addEventListener("change", () => {
  const [file] = byId("saved-file").files;
  if (file) openSaved(file);
});
