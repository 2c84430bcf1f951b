"""What a row answers to the questions of a codebook."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pipeline.codebook import STANCE_PREFIX, Codebook, Question
from pipeline.datasets.table.layout import Layout
from pipeline.errors import did_you_mean
from pipeline.io.parsing import json_value

ABSENT, PRESENT = "absent", "present"
# How tables of others put it; compared without case. Stance words go both ways of spelling.
_FRAME_WORDS = {
    **dict.fromkeys(("1", "1.0", "true", "yes", "y", "x", "+"), PRESENT),
    **dict.fromkeys(("0", "0.0", "false", "no", "n", "-"), ABSENT),
    "0.5": "borderline",
}
_STANCE_WORDS = {"favor": "favour", "none": ABSENT}
_NOT_ASKED = ("", "na", "n/a", "nan", "null")


def question_columns(names: Collection[str], codebook: Codebook) -> dict[str, str]:
    """Question → column, where a column bears the question's name (``stance_T`` does too)."""
    found: dict[str, str] = {}
    for question in codebook.questions:
        spellings = (question.name, question.name.replace(":", "_"))
        there = [name for name in spellings if name in names]
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

    A column of a question's own comes first; a list of labels answers every other frame, and every
    stance of which it lists one (``stance:T=against``); a mapping answers what it names. Raises
    ``ValueError`` that says what is wrong.
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
    """Codes that apply; ``CODE=ANSWER`` says how, a frame alone is present."""
    found = dict.fromkeys(codebook.frame_codes, ABSENT)
    for entry in _entries(labels, layout.separator):
        name, _, word = entry.partition("=")
        question = _question(name.strip(), codebook)
        if question.is_stance and not word:
            raise ValueError(f"{entry!r}: say how, e.g. {entry}=against")
        answer = _answer(word or PRESENT, question, layout)
        if answer is not None:
            found[question.name] = answer
    return found


def _entries(labels: Any, separator: str) -> list[str]:
    if isinstance(labels, str):
        text = labels.strip()
        if text.startswith("["):
            try:
                labels = json_value(text)
            except ValueError as error:
                raise ValueError(f"labels: not a JSON list: {text[:60]!r}") from error
        else:
            labels = text.split(separator)
    if not isinstance(labels, list) or not all(isinstance(entry, str) for entry in labels):
        raise ValueError(f"labels: expected a list of codes, found {str(labels)[:60]!r}")
    return [entry.strip() for entry in labels if entry.strip()]


def _question(name: str, codebook: Codebook) -> Question:
    known = {question.name: question for question in codebook.questions}
    if name not in known:
        raise ValueError(f"unknown code {name!r}{did_you_mean(name, list(known))}")
    return known[name]


def _answer(value: Any, question: Question, layout: Layout) -> str | None:
    """The answer, None where the question was not asked."""
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
            f"a word of your own is explained by '+labelled.answers={{{word}: ANSWER}}'"
        )
    return answer
