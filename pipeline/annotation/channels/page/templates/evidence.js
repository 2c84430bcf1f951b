// Evidence: whole words of the passage, selected by mouse, touch or keyboard.
const passageBox = byId("passage");
let chosen = null; // [start, end] in the passage's text
let cursor = null; // [first, last] word of a selection by keyboard

const wordsOf = (text) => [...text.matchAll(/\S+/g)].map((found) => [found.index, found.index + found[0].length]);

function drawEvidence() {
  const passage = passages[current];
  const evidence = Object.entries(recordOf(current).evidence);
  chosen = cursor = null;
  byId("evidence-bar").hidden = true;
  if (passage.language) passageBox.lang = passage.language;
  else passageBox.removeAttribute("lang");
  passageBox.replaceChildren(...marked(passage.text, evidence));
  byId("evidence").replaceChildren(...evidence.map(([name, words]) => {
    const line = document.createElement("li");
    const label = questions[questionOf.get(name)].label;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "Remove";
    remove.setAttribute("aria-label", `Remove the evidence for ${label}`);
    remove.addEventListener("click", () => {
      setEvidence(name, null);
      toPassage(); // the button is gone
    });
    line.append(`${label}: “${words}” `, remove);
    return line;
  }));
}

// The text as nodes, with evidence in <mark>.
function marked(text, evidence) {
  const spans = evidence.map(([name, words]) => [text.indexOf(words), words.length, name])
    .filter(([start]) => start >= 0).map(([start, length, name]) => [start, start + length, name]);
  const cuts = [...new Set([0, text.length, ...spans.flatMap(([start, end]) => [start, end])])].sort((a, b) => a - b);
  return cuts.slice(1).map((end, i) => {
    const piece = text.slice(cuts[i], end);
    const names = spans.filter(([from, to]) => from <= cuts[i] && end <= to).map(([, , name]) => name);
    if (!names.length) return piece;
    const mark = document.createElement("mark");
    mark.textContent = piece;
    mark.title = names.map((name) => questions[questionOf.get(name)].label).join(", ");
    return mark;
  });
}

function setEvidence(name, words) {
  const evidence = { ...recordOf(current).evidence };
  if (words === null) delete evidence[name];
  else evidence[name] = words;
  change(current, { evidence }, "evidence");
  window.getSelection().removeAllRanges();
  draw();
  const label = questions[questionOf.get(name)].label;
  say(words === null ? `Evidence for ${label} removed.` : `Evidence for ${label}: “${words}”`);
}

// The selection in the passage, extended to whole words, or null.
function selectedWords() {
  const selection = window.getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!range.intersectsNode(passageBox)) return null;
  const inside = document.createRange();
  inside.selectNodeContents(passageBox);
  const from = offset(range.startContainer, range.startOffset, inside, 0);
  const to = offset(range.endContainer, range.endOffset, inside, passages[current].text.length);
  const words = wordsOf(passages[current].text).filter(([start, end]) => start < to && end > from);
  return words.length ? [words[0][0], words.at(-1)[1]] : null;
}

function offset(node, place, inside, otherwise) {
  if (!passageBox.contains(node)) return otherwise;
  const before = inside.cloneRange();
  before.setEnd(node, place);
  return before.toString().length;
}

const markedQuestions = () => passages[current].asked.filter(
  (number) => ![null, "absent", "cannot_say"].includes(answerOf(recordOf(current), questions[number])));

function offerEvidence() {
  if (byId("work").hidden) return;
  const words = selectedWords();
  const bar = byId("evidence-bar");
  // A tap on a button may clear the selection first, so the bar is hidden with a delay.
  if (!words) return void setTimeout(hideEvidenceBar, 400);
  chosen = words;
  bar.hidden = false;
  const candidates = markedQuestions();
  bar.replaceChildren(candidates.length ? "Evidence for" : "Answer a question first, then attach the words to it.");
  for (const number of candidates) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = questions[number].label;
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", () => attach(number));
    bar.append(button);
  }
}

function hideEvidenceBar() {
  const bar = byId("evidence-bar");
  if (selectedWords() || bar.contains(document.activeElement)) return;
  chosen = null;
  bar.hidden = true;
}

function attach(number) {
  if (!chosen) return;
  setEvidence(questions[number].name, passages[current].text.slice(...chosen));
  if (document.activeElement === document.body) byId("where").focus({ preventScroll: true });
}

// Attach to the question that was answered last, or to the only answered one.
function attachToLast() {
  const candidates = markedQuestions();
  const number = candidates.includes(touched) ? touched : candidates.length === 1 ? candidates[0] : null;
  if (number !== null) attach(number);
  else if (candidates.length) byId("evidence-bar").querySelector("button")?.focus();
  else say("Answer a question first, then attach the words to it.");
}

function evidenceKey() {
  if (selectedWords()) {
    offerEvidence();
    attachToLast();
    return;
  }
  passageBox.focus();
  selectByWord([0, 0]);
}

function selectByWord(words) {
  const all = wordsOf(passages[current].text);
  const clamp = (i) => Math.min(Math.max(i, 0), all.length - 1);
  cursor = words.map(clamp);
  const [start, end] = [all[Math.min(...cursor)][0], all[Math.max(...cursor)][1]];
  const range = document.createRange();
  range.setStart(...nodeAt(start));
  range.setEnd(...nodeAt(end));
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  say(passages[current].text.slice(start, end));
}

function nodeAt(place) {
  const walker = document.createTreeWalker(passageBox, NodeFilter.SHOW_TEXT);
  let left = place;
  let node = walker.nextNode();
  while (left > node.length) {
    left -= node.length;
    node = walker.nextNode();
  }
  return [node, left];
}

passageBox.addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowDown: 8, ArrowLeft: -1, ArrowUp: -8 }[event.key];
  if (by && cursor) {
    event.preventDefault();
    const last = cursor[1] + by;
    selectByWord(event.shiftKey ? [cursor[0], last] : [last, last]);
  } else if (event.key === "Enter" && cursor && !event.ctrlKey) {
    event.preventDefault();
    event.stopPropagation();
    offerEvidence();
    attachToLast();
  } else if (event.key === "Escape" && cursor) {
    window.getSelection().removeAllRanges();
    drawEvidence();
    byId("where").focus({ preventScroll: true });
  }
});
passageBox.addEventListener("pointerdown", () => { cursor = null; });
document.addEventListener("selectionchange", offerEvidence);
