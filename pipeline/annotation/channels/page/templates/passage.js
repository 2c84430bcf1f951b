// The passage on the screen and its answers. Only one is drawn at a time.
let current = 0;
let touched = null; // place of the question that was marked last
let shownAt = 0; // when the passage came up; null once something was done about it
const SEEN = 400; // milliseconds in which nobody has read a passage: a second Enter by mistake

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

// After a click the keys are the passage's again; who pressed a button by keyboard stays on it.
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

// One more press of a question's key: the next of its answers, after the last one absent.
function press(number, cannot) {
  if (!passages[current].asked.includes(number)) return;
  const question = questions[number];
  const before = answerOf(recordOf(current), question);
  const next = cannot
    ? (before === "cannot_say" ? "absent" : "cannot_say")
    : question.cycle[(Math.max(0, question.cycle.indexOf(before)) + 1) % question.cycle.length];
  answer(number, next);
  light(number);
}

// The row of a key that was pressed comes into sight and is lit for a moment.
function light(number) {
  const row = byId(`q${number}`);
  row.scrollIntoView({ block: "nearest" });
  row.classList.remove("lit");
  void row.offsetWidth; // so that the light begins anew
  row.classList.add("lit");
}

function cannotSay() {
  const answers = Object.fromEntries(passages[current].asked.map((n) => [questions[n].name, "cannot_say"]));
  shownAt = null;
  change(current, { answers, evidence: {} }, "answer");
  draw();
  say("Cannot say: every question of this passage. Enter keeps it, z undoes it.");
}

// The next passage that waits for an answer: first those not seen, then those skipped.
function following(place) {
  const order = passages.map((_, i) => (place + 1 + i) % passages.length);
  const waiting = order.filter((i) => !recordOf(i).kept);
  return waiting.find((i) => !recordOf(i).skipped) ?? waiting.find((i) => i !== place) ?? waiting[0] ?? null;
}

const openNow = () => passages[current].asked.filter((n) => answerOf(recordOf(current), questions[n]) === null);

function keepAndGoOn() {
  const record = recordOf(current);
  if (!record.kept && shownAt !== null && performance.now() - shownAt < SEEN) {
    return say("Not kept: this passage had only just come up. Read it, then press Enter.");
  }
  if (openNow().length === passages[current].asked.length) {
    return say("Nothing is chosen yet: choose an answer, or skip the passage.");
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
  shownAt = null; // it was seen before
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
  // Where only the answer that is chosen is shown, a tap on it goes on to the next.
  else if (compact() && event.target.matches("input") && event.target.value === event.target.dataset.was) {
    press(Number(event.target.closest(".question").dataset.question), false);
  }
  if (event.target.matches("input, [data-rule], [data-rule] *")) afterClick(event);
});
byId("questions").addEventListener("pointerdown", rememberChosen);
byId("questions").addEventListener("keydown", rememberChosen);

const compact = () => window.matchMedia("(max-width: 40rem)").matches && !data.settles;

// A click on a chosen answer changes nothing by itself: what was chosen before tells it apart.
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
