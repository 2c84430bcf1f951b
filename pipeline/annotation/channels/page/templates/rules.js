// The codebook panel: shows the rule of the current question, and can be searched.
const panel = byId("rules");
const rules = [...document.querySelectorAll(".rule")];
const ruleTexts = rules.map((rule) => rule.textContent.toLowerCase());
const narrow = window.matchMedia("(max-width: 70rem)");

function followRule(number) {
  if (!narrow.matches && byId("search").value.trim() === "") reveal(number);
}

function reveal(number) {
  for (const rule of rules) rule.open = rule.dataset.question === String(number);
  const rule = byId(`rule${number}`);
  panel.scrollTop += rule.getBoundingClientRect().top - panel.getBoundingClientRect().top - 60;
}

function openRule(number) {
  byId("search").value = "";
  searchRules();
  showRules();
  reveal(number);
}

function showRules() {
  panel.classList.add("shown");
  byId("open-rules").setAttribute("aria-expanded", "true");
}

function hideRules() {
  if (!panel.classList.contains("shown")) return;
  panel.classList.remove("shown");
  byId("open-rules").setAttribute("aria-expanded", "false");
  if (byId("work").hidden) byId("open-rules").focus();
  else toPassage();
}

function searchRules() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  rules.forEach((rule, i) => {
    const fits = words.every((word) => ruleTexts[i].includes(word));
    rule.hidden = !fits;
    if (words.length) rule.open = fits;
    found += fits;
  });
  byId("all-rules").classList.toggle("searching", words.length > 0);
  panel.scrollTop = 0;
  byId("found").textContent = words.length ? `${found} of ${rules.length} rules` : "";
  highlightWords(words);
}

function highlightWords(words) {
  if (!window.CSS?.highlights) return;
  const ranges = [];
  for (const rule of words.length ? rules : []) {
    if (rule.hidden) continue;
    const walker = document.createTreeWalker(rule, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.data.toLowerCase();
      if (text.length !== node.length) continue;
      for (const word of words) {
        for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + word.length);
          ranges.push(range);
        }
      }
    }
  }
  window.CSS.highlights.set("found", new window.Highlight(...ranges));
}

function goToSearch() {
  showRules();
  byId("search").focus();
  byId("search").select();
}

byId("search").addEventListener("input", searchRules);
byId("search").addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  byId("search").value = "";
  searchRules();
  hideRules();
  if (!narrow.matches) byId("where").focus({ preventScroll: true });
});
byId("open-rules").addEventListener("click", () => (panel.classList.contains("shown") ? hideRules() : goToSearch()));
byId("close-rules").addEventListener("click", hideRules);
byId("read-instructions")?.addEventListener("click", () => {
  showRules();
  byId("instructions").open = true;
  panel.scrollTop = 0;
  byId("instructions").querySelector("summary").focus();
});
