// The practice round: examples from the codebook, with explanations.
const exercises = data.practice;
let exercise = 0;
let right = 0;
let answered = false;

function beginPractice() {
  exercise = right = 0;
  byId("welcome").hidden = byId("work").hidden = byId("bar").hidden = true;
  byId("practice").hidden = false;
  document.body.classList.add("practising");
  drawExercise();
}

function drawExercise() {
  const { question: number, text, language } = exercises[exercise];
  const question = questions[number];
  answered = false;
  byId("practice-title").textContent = `Practice, ${exercise + 1} of ${exercises.length}`;
  byId("practice-text").textContent = text;
  byId("practice-text").lang = language;
  byId("practice-text").hidden = false;
  byId("practice-question").textContent = question.stance
    ? `What is its stance toward: ${question.label}?` : `Does it have the frame: ${question.label}?`;
  byId("practice-feedback").replaceChildren();
  byId("practice-next").hidden = true;
  byId("practice-next").textContent = exercise + 1 < exercises.length ? "Next" : "Show my result";
  const values = question.answers.filter((value) => value !== "cannot_say");
  byId("practice-answers").replaceChildren(...values.map((value, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.answer = value;
    const key = document.createElement("kbd");
    key.textContent = String(i + 1);
    key.setAttribute("aria-hidden", "true");
    button.append(wordFor(value), key);
    button.addEventListener("click", () => checkAnswer(value, button));
    return button;
  }));
  followRule(number);
  byId("practice-title").focus({ preventScroll: true });
}

function checkAnswer(value, button) {
  if (answered) return;
  const { question: number, answer: wanted, why } = exercises[exercise];
  answered = true;
  right += value === wanted;
  button.setAttribute("aria-pressed", "true");
  for (const other of byId("practice-answers").children) other.disabled = other !== button;
  const verdict = document.createElement("p");
  const strong = document.createElement("b");
  strong.textContent = value === wanted ? "Correct." : `The codebook says: ${wordFor(wanted)}.`;
  verdict.append(strong, why ? ` ${why}` : "");
  const rule = document.createElement("p");
  rule.textContent = document.querySelector(`#rule${number} > p`).textContent;
  byId("practice-feedback").className = value === wanted ? "" : "wrong";
  byId("practice-feedback").replaceChildren(verdict, rule);
  byId("practice-next").hidden = false;
  byId("practice-next").focus();
}

function nextExercise() {
  exercise += 1;
  if (exercise < exercises.length) drawExercise();
  else endPractice();
}

function endPractice() {
  remember("practice", `${right}/${exercises.length}`);
  document.body.classList.remove("practising");
  byId("practice-title").textContent = `${right} of ${exercises.length} as in the codebook`;
  byId("practice-text").hidden = true;
  byId("practice-question").textContent = right === exercises.length
    ? "You are ready." : "Read the rules of the questions you missed; they include the examples and the reasons.";
  byId("practice-answers").replaceChildren();
  byId("practice-feedback").replaceChildren();
  byId("practice-next").hidden = true;
  byId("practice-title").focus({ preventScroll: true });
}

byId("practice-next").addEventListener("click", nextExercise);
byId("practice-leave").addEventListener("click", beginCoding);
