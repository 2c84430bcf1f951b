"""Reads the answers to codebook questions from the cells of a row."""

from __future__ import annotations

import ast
import json
import re
import shlex
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
# "contested" is what `labels export` writes where coders disagree.
_NOT_ASKED = ("", "na", "n/a", "nan", "null", "contested")
_SHARE = re.compile(r"0?\.[0-9]+|[0-9](\.[0-9]+)?e-[0-9]+")


def question_columns(names: Collection[str], codebook: Codebook) -> dict[str, str]:
    """Question → column, for columns named after a question (also spelled ``stance_T`` and, as in
    an export, ``frame_F``)."""
    found: dict[str, str] = {}
    folded = {name.strip().casefold(): name for name in reversed(list(names))}
    for question in codebook.questions:
        spellings = [question.name, question.name.replace(":", "_")]
        spellings += [] if question.is_stance else [f"frame_{question.name}"]
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


def shares_of(
    row: Mapping[str, Any],
    own_columns: Mapping[str, str],
    bound: Mapping[str, str],
    codebook: Codebook,
    layout: Layout,
) -> dict[str, list[float]]:
    """Question → share of coders per output, where the row states shares.

    A number between 0 and 1 in the place of a frame's answer is the share who found it present. The
    column ``soft`` of an export has a share for every output of the codebook.
    """
    found: dict[str, list[float]] = {}
    soft = row.get("soft")
    if isinstance(soft, list) and len(soft) == len(codebook.outputs):
        if not all(isinstance(share, int | float) and 0 <= share <= 1 for share in soft):
            raise ValueError("soft: expected shares from 0 to 1")
        for question in codebook.questions:
            found[question.name] = [float(soft[column]) for column in codebook.columns_of(question)]
    labels = _value(row, bound, "labels")
    cells = dict(labels) if isinstance(labels, Mapping) else {}
    cells |= {name: row.get(column) for name, column in own_columns.items()}
    for name, value in cells.items():
        share = _share(value, _question(name, codebook), layout)
        if share is not None:
            found[name] = [share]
    return found


def shares_behind(answer: str, question: Question) -> list[float] | None:
    """The shares that one coder's answer stands for; None if it is not an answer."""
    if answer == "cannot_say":
        return None
    if question.is_stance:
        return [float(output.partition("=")[2] == answer) for output in question.outputs]
    return [{PRESENT: 1.0, "borderline": 0.5}.get(answer, 0.0)]


def _share(value: Any, question: Question, layout: Layout) -> float | None:
    """The share of coders that a cell about a frame states, above 0 and below 1; else None."""
    word = str(value).strip()
    if question.is_stance or word in layout.answers or not _SHARE.fullmatch(word.casefold()):
        return None
    share = float(word)
    return share if 0 < share < 1 else None


def _majority(share: float) -> str:
    return "borderline" if share == 0.5 else PRESENT if share > 0.5 else ABSENT


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
    share = _share(value, question, layout)
    if share is not None:
        return _majority(share)
    usual = _STANCE_WORDS if question.is_stance else _FRAME_WORDS
    answer = usual.get(folded, folded)
    if answer not in question.answers:
        near = did_you_mean(word, list(question.answers))
        raise ValueError(
            f"{question.name}: unknown answer {word!r}{near}; map other words with {_mapped(word)}"
        )
    return answer


def _mapped(word: str) -> str:
    """The setting that maps a word of the table, as a shell takes it."""
    plain = re.fullmatch(r"\w[\w.-]*( [\w.-]+)*", word) is not None
    key = word if plain else json.dumps(word, ensure_ascii=False)
    return shlex.quote(f"labelled.answers={{{key}: ANSWER}}")
