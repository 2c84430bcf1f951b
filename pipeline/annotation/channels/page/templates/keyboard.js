// Single-key commands. Letters are matched by character, on non-Latin keyboards by position.
const questionKeys = new Map();
questions.forEach((question, number) => { if (question.key) questionKeys.set(question.key, number); });
const COMMANDS = {
  c: cannotSay, x: skip, z: undo, j: () => step(-1), k: () => step(1), l: openList, v: evidenceKey,
  n: () => byId("note").focus(), h: openKeys, "/": goToSearch, "?": openKeys,
};

function openKeys() {
  byId("keys").showModal();
  byId("keys-title").focus();
}

function keyOf(event) {
  const place = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  if (place) return place[1];
  const key = event.key.toLowerCase();
  if (questionKeys.has(key) || Object.hasOwn(COMMANDS, key)) return key;
  if (event.code === "Slash") return "/";
  return /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : "";
}

const isWriting = (node) => node.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");

function practiceKey(event) {
  const button = byId("practice-answers").children[Number(keyOf(event)) - 1];
  if (!button || button.disabled) return false;
  button.click();
  return true;
}

function codingKey(event) {
  if (event.key === "Enter") {
    if (event.target.closest("button, summary, a")) return false;
    // If the rules cover the passage, Enter closes them and keeps nothing.
    if (narrow.matches && panel.classList.contains("shown")) hideRules();
    else keepAndGoOn();
    return true;
  }
  const key = keyOf(event);
  if (questionKeys.has(key)) press(questionKeys.get(key), event.shiftKey);
  else if (Object.hasOwn(COMMANDS, key)) COMMANDS[key]();
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    hideRules();
    if (event.target.id === "note") byId("where").focus({ preventScroll: true });
    return;
  }
  const control = event.ctrlKey || event.metaKey;
  const coding = !byId("work").hidden;
  if (control && event.key === "Enter" && coding && !event.repeat) keepAndGoOn();
  else if (event.repeat || control || event.altKey || isWriting(event.target) || !byId("keys-on").checked) return;
  else if (coding ? !codingKey(event) : byId("practice").hidden || !practiceKey(event)) return;
  event.preventDefault();
});
byId("keys-on").addEventListener("change", () => remember("keys", byId("keys-on").checked ? "on" : "off"));
byId("open-keys").addEventListener("click", openKeys);
for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
