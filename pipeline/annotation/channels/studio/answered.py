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
class ParsedResult:
    """The content of an annotation; ``nothing``: the coder marked that everything is absent."""

    answers: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    note: str | None = None
    nothing: bool = False
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    choices: int = 0

    @property
    def is_empty(self) -> bool:
        """Submitted without any answer, probably by accident, since "nothing" can be marked."""
        return not (self.choices or self.nothing or self.errors)


def parse_result(result: Any, data: Mapping[str, Any], codebook: Codebook) -> ParsedResult:
    """Read the regions of a result in order. Answers to questions not asked are ignored."""
    found = ParsedResult()
    if not isinstance(result, list):
        found.errors += [] if result is None else ["result is not a list"]
        return found
    named = {control(question): question.name for question in codebook.questions}
    asked = data.get("asked")
    names = asked if isinstance(asked, list) else list(named.values())
    for region in result:
        name, kind, value = _region(region)
        if kind == "choices" and name == NOTHING:
            found.nothing = bool(value.get("choices"))
        elif kind == "choices" and name in named:
            _choice(found, named[name], value, codebook, asked=named[name] in names)
        elif kind == "labels" and name == EVIDENCE:
            _span(found, value, str(data["text"]), codebook, names)
        elif kind == "textarea" and name == NOTE:
            found.note = _words(value) or None
        elif kind != "relation":
            hint = did_you_mean(name, list(named)) if kind == "choices" else ""
            found.errors.append(
                f"{kind or 'a region'} {name!r} is not part of the labelling interface{hint}"
            )
    if found.nothing and found.answers:
        found.errors.append(
            f"marked as nothing, but {', '.join(found.answers)} answered; remove one of them"
        )
    return found


def _region(region: Any) -> tuple[str, str, Mapping[str, Any]]:
    if not isinstance(region, dict):
        return "", "", {}
    value = region.get("value")
    name, kind = str(region.get("from_name", "")), str(region.get("type", ""))
    return name, kind, value if isinstance(value, dict) else {}


def _choice(
    found: ParsedResult,
    question: str,
    value: Mapping[str, Any],
    codebook: Codebook,
    *,
    asked: bool,
) -> None:
    choices = value.get("choices")
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        found.errors.append(f"{question}: choices is not a list of strings: {choices!r}"[:200])
        return
    if not choices:
        return
    found.choices += 1
    if not asked:
        found.warnings.append(f"{question}: answered but not asked; left out")
        return
    allowed = codebook.question(question).answers
    answer = choices[0].replace("can’t say", "cannot_say")
    if len(choices) > 1:
        found.errors.append(f"{question}: {len(choices)} answers at once: {', '.join(choices)}")
    elif answer not in allowed:
        found.errors.append(f"{question}: unknown answer {answer!r}{answer_hint(answer, allowed)}")
    elif found.answers.get(question, answer) != answer:
        found.errors.append(f"{question}: answered twice, {found.answers[question]} and {answer}")
    elif answer != ABSENT:
        found.answers[question] = answer


def _span(
    found: ParsedResult, value: Mapping[str, Any], text: str, codebook: Codebook, names: list[str]
) -> None:
    """Add a span as evidence; of several spans for a question the first in the text is kept."""
    titles = {question.rule.display_name: question.name for question in codebook.questions}
    labels = value.get("labels")
    stretch = marked(value, text)
    for label in labels if isinstance(labels, list) else ():
        question = titles.get(str(label), str(label))
        if question not in names:
            found.warnings.append(f"{question}: evidence, but not asked; left out")
        elif stretch is None:
            found.warnings.append(f"{question}: the evidence is not in the passage")
        else:
            earlier = found.evidence.setdefault(question, stretch)
            found.evidence[question] = min(earlier, stretch, key=text.find)


def _words(value: Mapping[str, Any]) -> str:
    text = value.get("text")
    parts = text if isinstance(text, list) else [text]
    return " ".join(" ".join(part.split()) for part in parts if isinstance(part, str))
