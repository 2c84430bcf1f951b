"""The result of one annotation → answers, evidence and note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.annotation.channels.studio.labelling import EVIDENCE, NOTE, NOTHING, control
from pipeline.annotation.channels.studio.spans import marked
from pipeline.annotation.check import answer_hint
from pipeline.annotation.lines import ABSENT
from pipeline.codebook import Codebook
from pipeline.errors import did_you_mean


@dataclass
class Answered:
    """What an annotation says; ``nothing`` that the coder marked that everything is absent."""

    answers: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    note: str | None = None
    nothing: bool = False
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    choices: int = 0

    @property
    def is_empty(self) -> bool:
        """Submitted without a word: an accident, since "nothing" can be marked."""
        return not (self.choices or self.nothing or self.errors)


def answered(result: Any, data: Mapping[str, Any], codebook: Codebook) -> Answered:
    """Read the regions of a result in their order. Only questions that were asked are taken."""
    said = Answered()
    if not isinstance(result, list):
        said.errors += [] if result is None else ["result is not a list"]
        return said
    named = {control(question): question.name for question in codebook.questions}
    asked = data.get("asked")
    names = asked if isinstance(asked, list) else list(named.values())
    for region in result:
        name, kind, value = _region(region)
        if kind == "choices" and name == NOTHING:
            said.nothing = bool(value.get("choices"))
        elif kind == "choices" and name in named:
            _choice(said, named[name], value, codebook, asked=named[name] in names)
        elif kind == "labels" and name == EVIDENCE:
            _span(said, value, str(data["text"]), codebook, names)
        elif kind == "textarea" and name == NOTE:
            said.note = _words(value) or None
        elif kind != "relation":
            hint = did_you_mean(name, list(named)) if kind == "choices" else ""
            said.errors.append(f"{kind or 'a region'} {name!r} is not on our page{hint}")
    if said.nothing and said.answers:
        said.errors.append(
            f"marked as nothing, and {', '.join(said.answers)} answered; which of the two?"
        )
    return said


def _region(region: Any) -> tuple[str, str, Mapping[str, Any]]:
    if not isinstance(region, dict):
        return "", "", {}
    value = region.get("value")
    name, kind = str(region.get("from_name", "")), str(region.get("type", ""))
    return name, kind, value if isinstance(value, dict) else {}


def _choice(
    said: Answered, question: str, value: Mapping[str, Any], codebook: Codebook, *, asked: bool
) -> None:
    choices = value.get("choices")
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        said.errors.append(f"{question}: choices is not a list of words: {choices!r}"[:200])
        return
    if not choices:
        return
    said.choices += 1
    if not asked:
        said.warnings.append(f"{question}: answered but not asked; left out")
        return
    allowed = codebook.question(question).answers
    answer = choices[0].replace("can’t say", "cannot_say")
    if len(choices) > 1:
        said.errors.append(f"{question}: {len(choices)} answers at once: {', '.join(choices)}")
    elif answer not in allowed:
        said.errors.append(f"{question}: unknown answer {answer!r}{answer_hint(answer, allowed)}")
    elif said.answers.get(question, answer) != answer:
        said.errors.append(f"{question}: answered twice, {said.answers[question]} and {answer}")
    elif answer != ABSENT:
        said.answers[question] = answer


def _span(
    said: Answered, value: Mapping[str, Any], text: str, codebook: Codebook, names: list[str]
) -> None:
    """Of several stretches for one question the first in the text is kept."""
    titles = {question.rule.name["en"]: question.name for question in codebook.questions}
    labels = value.get("labels")
    stretch = marked(value, text)
    for label in labels if isinstance(labels, list) else ():
        question = titles.get(str(label), str(label))
        if question not in names:
            said.warnings.append(f"{question}: evidence, but not asked; left out")
        elif stretch is None:
            said.warnings.append(f"{question}: the evidence does not stand in the passage")
        else:
            earlier = said.evidence.setdefault(question, stretch)
            said.evidence[question] = min(earlier, stretch, key=text.find)


def _words(value: Mapping[str, Any]) -> str:
    text = value.get("text")
    parts = text if isinstance(text, list) else [text]
    return " ".join(" ".join(part.split()) for part in parts if isinstance(part, str))
