// The current passage and its answers.
let current = 0;
let touched = null; // index of the question that was answered last
let shownAt = 0; // when the passage was shown; null after the first action
const TOO_SOON = 400; // milliseconds in which Enter counts as an accidental second press

const wordFor = (answer) => answer.replace("_", " ");

function show(place, announcement) {
  current = place;
  touched = null;
  shownAt = performance.now();
  byId("work").hidden = byId("bar").hidden = false;
  byId("welcome").hidden = byId("practice").hidden = true;
  document.body.classList.remove("practising");
  remember("place", passages[place].id);
  draw();
  window.scrollTo(0, 0);
  byId("reading").scrollTop = 0;
  toPassage();
  say(announcement ?? "");
}

const toPassage = () => byId("where").focus({ preventScroll: true });

// After a click the focus returns to the passage; a press by keyboard keeps it on the button.
function afterClick(event) {
  if (event.detail > 0) toPassage();
}

function draw() {
  const passage = passages[current];
  const record = recordOf(current);
  drawHeading(record);
  drawContext(passage);
  drawEvidence();
  questions.forEach((question, number) => {
    const row = byId(`q${number}`);
    row.hidden = !passage.asked.includes(number);
    const answer = answerOf(record, question);
    row.classList.toggle("marked", isGiven(answer));
    row.classList.toggle("open", answer === null);
    for (const input of row.querySelectorAll("input")) input.checked = input.value === answer;
    drawSaid(row.querySelector(".said"), passage.said.filter(([asked]) => asked === number));
  });
  for (const group of document.querySelectorAll("#questions > div")) {
    group.hidden = !group.querySelector(".question:not([hidden])");
  }
  if (byId("note").value !== record.note) byId("note").value = record.note;
}

function drawSaid(list, said) {
  list?.replaceChildren(...said.map(([, coder, answer, evidence, note]) => {
    const item = document.createElement("li");
    const name = document.createElement("b");
    const badge = document.createElement("b");
    name.textContent = coder;
    badge.className = `badge ${answer}`;
    badge.textContent = wordFor(answer);
    item.append(name, " ", badge);
    for (const words of [evidence && `“${evidence}”`, note]) if (words) item.append(" · ", piece(words));
    return item;
  }));
}

function drawHeading(record) {
  const state = record.kept ? "kept" : record.skipped ? "skipped" : isMarked(record) ? "marked, not kept" : "new";
  const number = document.createElement("b");
  number.textContent = `Passage ${current + 1} of ${passages.length}`;
  byId("where").replaceChildren(number, ` · ${state}`);
}

function drawContext(passage) {
  const lines = [["The post opens", passage.opening], ["Just before", passage.before]];
  byId("context").replaceChildren(...lines.filter(([, text]) => text).map(([title, text]) => {
    const line = document.createElement("p");
    const label = document.createElement("span");
    label.textContent = title;
    line.dir = "auto";
    if (passage.language) line.lang = passage.language;
    line.append(label, text);
    return line;
  }));
}

function answer(number, value) {
  const question = questions[number];
  touched = value === "absent" ? null : number;
  shownAt = null;
  setAnswer(current, question, value);
  draw();
  say(`${question.label}: ${wordFor(value)}`);
  followRule(number);
}

// A press of a question's key selects the next answer of its cycle.
function press(number, cannot) {
  if (!passages[current].asked.includes(number)) return;
  const question = questions[number];
  const before = answerOf(recordOf(current), question);
  const next = cannot
    ? (before === "cannot_say" ? "absent" : "cannot_say")
    : question.cycle[(Math.max(0, question.cycle.indexOf(before)) + 1) % question.cycle.length];
  answer(number, next);
  highlight(number);
}

// Scroll a question into view and highlight it briefly.
function highlight(number) {
  const row = byId(`q${number}`);
  row.scrollIntoView({ block: "nearest" });
  row.classList.remove("lit");
  void row.offsetWidth; // restarts the animation
  row.classList.add("lit");
}

function cannotSay() {
  const answers = Object.fromEntries(passages[current].asked.map((n) => [questions[n].name, "cannot_say"]));
  shownAt = null;
  change(current, { answers, evidence: {} }, "answer");
  draw();
  say("Cannot say: every question of this passage. Enter keeps it, z undoes it.");
}

// The next passage that is not kept: first those not seen, then skipped ones.
function following(place) {
  const order = passages.map((_, i) => (place + 1 + i) % passages.length);
  const waiting = order.filter((i) => !recordOf(i).kept);
  return waiting.find((i) => !recordOf(i).skipped) ?? waiting.find((i) => i !== place) ?? waiting[0] ?? null;
}

const openNow = () => passages[current].asked.filter((n) => answerOf(recordOf(current), questions[n]) === null);

function keepAndGoOn() {
  const record = recordOf(current);
  if (!record.kept && shownAt !== null && performance.now() - shownAt < TOO_SOON) {
    return say("Not kept: this passage has only just been shown. Read it, then press Enter.");
  }
  if (openNow().length === passages[current].asked.length) {
    return say("No answer yet: choose one, or skip the passage.");
  }
  if (!record.kept) change(current, { kept: true, skipped: false }, "keep");
  const next = following(current);
  if (next === null) {
    draw();
    openSave("All passages are kept. Save the file and send it back.");
  } else {
    show(next, `Kept. Passage ${next + 1} of ${passages.length}.`);
  }
}

function skip() {
  if (!recordOf(current).kept) change(current, { skipped: true }, "skip");
  const next = following(current);
  if (next === null) return say("All passages are kept.");
  show(next, `Skipped; it comes back at the end. Passage ${next + 1} of ${passages.length}.`);
}

function step(by) {
  const next = current + by;
  if (next < 0 || next >= passages.length) return say(by < 0 ? "This is the first passage." : "This is the last passage.");
  show(next, `Passage ${next + 1} of ${passages.length}.`);
}

function undo() {
  const last = past.pop();
  if (!last) return say("Nothing to undo.");
  put(last.place, last.before);
  showProgress();
  if (last.place === current && last.kind !== "keep") draw();
  else show(last.place);
  shownAt = null; // the coder has seen it before
  say(`Undone: ${{ keep: "kept", skip: "skipped", note: "note", evidence: "evidence", answer: "answer" }[last.kind]}.`);
}

byId("questions").addEventListener("change", (event) => {
  const row = event.target.closest(".question");
  answer(Number(row.dataset.question), event.target.value);
});
byId("questions").addEventListener("focusin", (event) => {
  if (event.target.matches("input")) followRule(Number(event.target.closest(".question").dataset.question));
});
byId("questions").addEventListener("click", (event) => {
  const name = event.target.closest("[data-rule]");
  if (name) openRule(Number(name.dataset.rule));
  // In the compact layout only the current answer is shown, and a tap on it selects the next.
  else if (compact() && event.target.matches("input") && event.target.value === event.target.dataset.was) {
    press(Number(event.target.closest(".question").dataset.question), false);
  }
  if (event.target.matches("input, [data-rule], [data-rule] *")) afterClick(event);
});
byId("questions").addEventListener("pointerdown", rememberChosen);
byId("questions").addEventListener("keydown", rememberChosen);

const compact = () => window.matchMedia("(max-width: 40rem)").matches && !data.settles;

// Remembers the chosen answer, to tell a click on it from a change.
function rememberChosen(event) {
  const row = event.target.closest(".question");
  for (const input of row?.querySelectorAll("input") ?? []) input.dataset.was = input.checked ? input.value : "";
}
byId("note").addEventListener("input", () => {
  change(current, { note: byId("note").value }, "note");
  drawHeading(recordOf(current));
});
const BUTTONS = { cannot: cannotSay, keep: keepAndGoOn, skip, undo, back: () => step(-1), forward: () => step(1) };
for (const [id, act] of Object.entries(BUTTONS)) {
  byId(id).addEventListener("click", (event) => {
    act();
    if (!document.querySelector("dialog[open]")) afterClick(event);
  });
}
