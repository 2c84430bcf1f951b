"""A model's reply → answers and evidence, checked against the codebook and the passage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.annotation.anchoring import anchored
from pipeline.annotation.lines import ABSENT
from pipeline.codebook import Question
from pipeline.errors import did_you_mean
from pipeline.io.parsing import json_value

_THOUGHT = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_CANNOT = "cannot_say"
_SHOWN = 80


@dataclass(frozen=True)
class ParsedReply:
    """Valid answers and the problems of the others.

    ``answers`` includes ``absent``. ``problems`` are sentences that are sent to the model.
    """

    answers: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def parse(written: str, questions: Sequence[Question], text: str) -> ParsedReply:
    """Parse and check a reply to ``questions`` about the passage ``text``.

    The JSON object may be in a code fence or surrounded by text. A value may be just the answer.
    Evidence is replaced by the passage's own wording (see
    :func:`~pipeline.annotation.anchoring.anchored`); an answer whose evidence is not in the passage
    is a problem.
    """
    try:
        given = _object(written)
    except ValueError as error:
        return ParsedReply(problems=(str(error),))
    wanted = {question.name: question for question in questions}
    problems = [
        f"unknown question {_short(key)}{did_you_mean(key, list(wanted))}"
        for key in given
        if key not in wanted
    ]
    answers: dict[str, str] = {}
    evidence: dict[str, str] = {}
    for name, question in wanted.items():
        if name not in given:
            problems.append(f"{name} is missing")
            continue
        try:
            answer, words = _value(given[name], question)
            if words and answer not in (ABSENT, _CANNOT):
                evidence[name] = _quoted(words, text)
            answers[name] = answer
        except ValueError as error:
            problems.append(f"{name}: {error}")
    return ParsedReply(answers, evidence, tuple(problems))


def _object(written: str) -> dict[str, Any]:
    reply = _THOUGHT.sub("", written).strip()
    if not reply:
        raise ValueError("the answer is empty")
    begin, end = reply.find("{"), reply.rfind("}")
    if begin < 0:
        raise ValueError(f"expected a JSON object, got {_short(reply)}")
    if end < begin:
        raise ValueError("the JSON object is cut off")
    value = json_value(reply[begin : end + 1], keys_once=True)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _value(value: Any, question: Question) -> tuple[str, str]:
    """Answer and evidence as given."""
    words: Any = ""
    if isinstance(value, dict):
        value, words = value.get("answer"), value.get("evidence") or ""
    if not isinstance(value, str):
        raise ValueError("no answer given")
    answer = value.strip().lower().replace(" ", "_")
    if answer not in question.answers:
        raise ValueError(f"unknown answer {_short(value)}; allowed: {', '.join(question.answers)}")
    if not isinstance(words, str):
        raise ValueError("evidence is not a string")
    return answer, words.strip()


def _quoted(words: str, text: str) -> str:
    stretch = anchored(words.strip('“”«»"… '), text)
    if stretch is None:
        raise ValueError(
            f"the evidence {_short(words)} is not in the passage; copy it word for word"
        )
    return stretch


def _short(words: str) -> str:
    line = " ".join(words.split())
    return repr(line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…")
