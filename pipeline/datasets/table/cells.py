"""Reads the answers to codebook questions from the cells of a row."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import Any

from pipeline.codebook import STANCE_PREFIX, Codebook, Question
from pipeline.datasets.table.layout import Layout
from pipeline.errors import did_you_mean
from pipeline.io.parsing import json_value

ABSENT, PRESENT = "absent", "present"
# Common words for answers, compared without case; both spellings of "favour" are accepted.
_FRAME_WORDS = {
    **dict.fromkeys(("1", "1.0", "true", "yes", "y", "x", "+"), PRESENT),
    **dict.fromkeys(("0", "0.0", "false", "no", "n", "-"), ABSENT),
    "0.5": "borderline",
}
_STANCE_WORDS = {"favor": "favour", "none": ABSENT}
_NOT_ASKED = ("", "na", "n/a", "nan", "null")


def question_columns(names: Collection[str], codebook: Codebook) -> dict[str, str]:
    """Question → column, for columns named after a question (also spelled ``stance_T``)."""
    found: dict[str, str] = {}
    folded = {name.strip().casefold(): name for name in reversed(list(names))}
    for question in codebook.questions:
        spellings = (question.name, question.name.replace(":", "_"))
        there = [name for name in spellings if name in names]
        there += [folded[s.casefold()] for s in spellings if s.casefold() in folded]
        found |= {question.name: there[0]} if there else {}
    return found


def answers_of(
    row: Mapping[str, Any],
    own_columns: Mapping[str, str],
    bound: Mapping[str, str],
    codebook: Codebook,
    layout: Layout,
) -> dict[str, str]:
    """Question → answer, for the questions that the row answers.

    A column named after a question takes precedence. A list of labels answers every other frame,
    and each stance that it lists (``stance:T=against``). A mapping answers the questions that it
    names. Raises ``ValueError`` with a message that says what is wrong.
    """
    found: dict[str, str] = {}
    labels = _value(row, bound, "labels")
    stance = _value(row, bound, "stance")
    if isinstance(labels, Mapping):
        found |= _named(labels, "", codebook, layout)
    elif labels is not None:
        found |= _listed(labels, codebook, layout)
    if isinstance(stance, Mapping):
        found |= _named(stance, STANCE_PREFIX, codebook, layout)
    for name, column in own_columns.items():
        answer = _answer(row.get(column), codebook.question(name), layout)
        if answer is None:
            found.pop(name, None)
        else:
            found[name] = answer
    return found


def _value(row: Mapping[str, Any], bound: Mapping[str, str], name: str) -> Any:
    return row.get(bound[name]) if name in bound else None


def _named(
    given: Mapping[str, Any], prefix: str, codebook: Codebook, layout: Layout
) -> dict[str, str]:
    found = {}
    for name, value in given.items():
        question = _question(prefix + name, codebook)
        answer = _answer(value, question, layout)
        if answer is not None:
            found[question.name] = answer
    return found


def _listed(labels: Any, codebook: Codebook, layout: Layout) -> dict[str, str]:
    """Answers from a list of codes; ``CODE=ANSWER`` sets the answer, a bare frame is present."""
    found = dict.fromkeys(codebook.frame_codes, ABSENT)
    for entry in _entries(labels, layout.separator):
        name, _, word = entry.partition("=")
        question = _question(name.strip(), codebook)
        if question.is_stance and not word:
            raise ValueError(f"{entry!r}: a stance needs an answer, e.g. {entry}=against")
        answer = _answer(word or PRESENT, question, layout)
        if answer is not None:
            found[question.name] = answer
    return found


def _entries(labels: Any, separator: str) -> list[str]:
    if isinstance(labels, str):
        text = labels.strip()
        labels = _written_list(text) if text.startswith("[") else text.split(separator)
    if not isinstance(labels, list) or not all(isinstance(entry, str) for entry in labels):
        raise ValueError(f"labels: expected a list of codes, found {str(labels)[:60]!r}")
    return [entry.strip() for entry in labels if entry.strip()]


def _written_list(text: str) -> Any:
    """A list in JSON or Python syntax."""
    try:
        return json_value(text)
    except ValueError:
        return _python_list(text)


def _python_list(text: str) -> Any:
    try:
        return ast.literal_eval(text[:10_000])
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(
            f"labels: not a list: {text[:60]!r}; allowed: [\"a\", \"b\"], ['a', 'b'] and a;b"
        ) from error


def _question(name: str, codebook: Codebook) -> Question:
    known = {question.name: question for question in codebook.questions}
    if name not in known:
        raise ValueError(f"unknown code {name!r}{did_you_mean(name, list(known))}")
    return known[name]


def _answer(value: Any, question: Question, layout: Layout) -> str | None:
    """The answer, or None if the question was not asked."""
    if value is None:
        return None
    word = str(value).strip()
    if word in layout.answers:
        word = layout.answers[word]
    folded = word.casefold()
    if folded in _NOT_ASKED:
        return None
    usual = _STANCE_WORDS if question.is_stance else _FRAME_WORDS
    answer = usual.get(folded, folded)
    if answer not in question.answers:
        near = did_you_mean(word, list(question.answers))
        raise ValueError(
            f"{question.name}: unknown answer {word!r}{near}; "
            f"map other words with labelled.answers={{{word}: ANSWER}}"
        )
    return answer
