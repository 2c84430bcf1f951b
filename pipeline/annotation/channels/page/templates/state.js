// The coder's answers, stored in the browser at once, one entry per passage.
const data = JSON.parse(byId("data").textContent);
const questions = data.questions;
const passages = data.passages.map(([id, text, opening, before, language, asked, said]) => ({
  id, text, language, opening: data.contexts[opening], before: data.contexts[before],
  asked: asked || questions.map((_, place) => place), all: !asked,
  said: said ?? [], // the coders' answers, on the lead's page
}));
const placeOf = new Map(passages.map((passage, place) => [passage.id, place]));
const questionOf = new Map(questions.map((question, place) => [question.name, place]));
const prefix = `rhetoric/${data.queue}/${data.coder}/`;

const EMPTY = Object.freeze({ answers: {}, evidence: {}, note: "", kept: false, skipped: false, at: null });
const records = new Map();
const past = [];
let unsaved = false; // whether anything changed since the last saved file
const recordOf = (place) => records.get(place) ?? EMPTY;
const isMarked = (record) => Object.keys(record.answers).length > 0 || record.note !== "";
const now = () => `${new Date().toISOString().slice(0, 19)}Z`;
// The lead chooses absent explicitly; a contested question without an answer stays open.
const unanswered = data.settles ? null : "absent";
const answerOf = (record, question) => record.answers[question.name] ?? unanswered;
const isGiven = (answer) => answer !== null && answer !== "absent";
const say = (text) => { byId("say").textContent = text; };

let full = false; // whether storing an answer failed
const storage = openStorage();

function openStorage() {
  try {
    window.localStorage.setItem(`${prefix}probe`, "1");
    window.localStorage.removeItem(`${prefix}probe`);
    return window.localStorage;
  } catch {
    warn("This browser does not store data for this page. Your answers are lost when you close it: save the file first, or open the page in another browser.");
    return null;
  }
}

function warn(text) {
  byId("warning").textContent = text;
  byId("warning").hidden = false;
}

function remember(name, value) {
  if (!storage) return;
  try {
    storage.setItem(prefix + name, value);
  } catch {
    full = true;
    warn("The browser’s storage is full: further answers are not stored. Save the file now.");
  }
}

const recall = (name) => storage && storage.getItem(prefix + name);

// A stored or saved record, without anything that this page cannot have written.
function validated(found, place) {
  if (typeof found !== "object" || found === null) return EMPTY;
  const record = { ...EMPTY, answers: {}, evidence: {}, kept: found.kept === true, skipped: found.skipped === true };
  for (const number of passages[place].asked) {
    const question = questions[number];
    const answer = found.answers?.[question.name];
    if (answer === unanswered || !question.answers.includes(answer)) continue;
    record.answers[question.name] = answer;
    const words = found.evidence?.[question.name];
    if (typeof words === "string" && passages[place].text.includes(words)) record.evidence[question.name] = words;
  }
  if (typeof found.note === "string") record.note = found.note;
  if (typeof found.at === "string") record.at = found.at;
  return record;
}

function stored(place) {
  const text = recall(passages[place].id);
  if (!text) return EMPTY;
  try {
    return validated(JSON.parse(text), place);
  } catch {
    return EMPTY;
  }
}

function load() {
  passages.forEach((_, place) => {
    const record = stored(place);
    if (record !== EMPTY) records.set(place, record);
  });
}

function put(place, record) {
  records.set(place, record);
  remember(passages[place].id, JSON.stringify(record));
  unsaved = true;
}

// A step that can be undone; typing in one note is a single step.
function change(place, changes, kind) {
  const before = recordOf(place);
  const last = past.at(-1);
  if (kind !== "note" || last?.kind !== "note" || last.place !== place) past.push({ place, before, kind });
  const record = { ...before, ...changes };
  if (record.kept) record.at = now();
  put(place, record);
  showProgress();
}

function setAnswer(place, question, answer) {
  const record = recordOf(place);
  const answers = { ...record.answers, [question.name]: answer };
  const evidence = { ...record.evidence };
  if (answer === unanswered) delete answers[question.name];
  if (answer === "absent") delete evidence[question.name];
  change(place, { answers, evidence }, "answer");
}

function tally() {
  const counts = { kept: 0, skipped: 0, draft: 0 };
  for (const record of records.values()) {
    if (record.kept) counts.kept += 1;
    else if (isMarked(record)) counts.draft += 1;
    if (record.skipped && !record.kept) counts.skipped += 1;
  }
  return counts;
}

function showProgress() {
  const counts = tally();
  byId("progress").value = counts.kept;
  const skipped = counts.skipped ? `, ${counts.skipped} skipped` : "";
  byId("count").textContent = `${counts.kept} of ${passages.length} kept${skipped}`;
}
