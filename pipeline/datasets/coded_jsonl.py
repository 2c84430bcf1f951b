"""Reads passages coded with the codebook but not part of the folds, from a JSON Lines file.

Each line has ``text`` and the codes: ``frames`` (frame → answer) and ``stance`` (target →
answer), and optionally ``id``, ``language``, ``opening``, ``before``, ``source``. A frame or target
missing from a line was not asked, which differs from absent.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.codebook import STANCES, Codebook, Question
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.errors import InputError, did_you_mean
from pipeline.io.parsing import json_value
from pipeline.text.passage_id import BEFORE_LENGTH, OPENING_LENGTH, clean, normalise, passage_id

_TEXT_KEYS = ("id", "language", "opening", "before", "source")
_SCHEMA = {
    "passage_id": pl.String,
    "post_id": pl.String,
    "text": pl.String,
    "opening": pl.String,
    "before": pl.String,
    "language": pl.String,
    "family": pl.String,
    "source": pl.String,
}


def read(path: Path, codebook: Codebook) -> LabeledPassages:
    """The passages of a file, in file order; raises InputError naming file and line.

    A missing ``language`` becomes ``und``. Paragraphs of one post, identified by its opening, get
    the same ``family``, so that resampling keeps them together. A repeated passage counts each time
    (its second ``passage_id`` ends in ``#2``).
    """
    passages: list[dict[str, Any]] = []
    answers: list[list[str]] = []
    seen: Counter[str] = Counter()
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        raw = _mapping(line, where)
        passage = _passage(raw, where, number)
        seen[passage["passage_id"]] += 1
        if seen[passage["passage_id"]] > 1:
            passage["passage_id"] += f"#{seen[passage['passage_id']]}"
        passages.append(passage)
        answers.append(_answers(raw, where, codebook))
    if not passages:
        raise InputError(f"{path}: no coded passage in this file")
    if not any(answer for row in answers for answer in row):
        raise InputError(f"{path}: nothing is coded: no line names a frame or a target")
    return _coded(pl.DataFrame(passages, schema=_SCHEMA), answers, codebook)


def _lines(path: Path) -> list[str]:
    try:
        # Not splitlines, because JSON strings may contain U+2028 and similar characters.
        return path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text; expected coded JSON Lines") from error


def _mapping(line: str, where: str) -> dict[str, Any]:
    try:
        raw = json_value(line)
    except ValueError as error:
        raise InputError(f"{where}: {error}; expected one JSON object per line") from error
    if not isinstance(raw, dict):
        raise InputError(f"{where}: expected an object with `text`, `frames` and `stance`")
    return raw


def _passage(raw: dict[str, Any], where: str, number: int) -> dict[str, Any]:
    text = raw.get("text")
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{where}: `text` is missing or empty")
    values: dict[str, str | None] = {}
    for key in _TEXT_KEYS:
        value = raw.get(key)
        if value is not None and not isinstance(value, str | int):
            raise InputError(f"{where}: `{key}` must be text, found {type(value).__name__}")
        values[key] = None if value is None else str(value)
    opening, before = (clean(values[key] or "") for key in ("opening", "before"))
    opening, before = opening[:OPENING_LENGTH], before[:BEFORE_LENGTH]
    # A paragraph without an opening is the opening of its post.
    opens = normalise(opening or text)[:OPENING_LENGTH].strip()
    return {
        "passage_id": passage_id(text, opening, before),
        "post_id": values["id"] or f"line {number}",
        "text": clean(text),
        "opening": opening,
        "before": before,
        "language": values["language"] or "und",
        "family": passage_id(opens),
        "source": values["source"],
    }


def _answers(raw: dict[str, Any], where: str, codebook: Codebook) -> list[str]:
    """One answer per codebook question, empty where it was not asked."""
    given = {
        **_given(raw, "frames", where, list(codebook.frame_codes)),
        **{
            f"stance:{target}": answer
            for target, answer in _given(raw, "stance", where, list(codebook.target_codes)).items()
        },
    }
    for question in codebook.questions:
        # `contested` marks a tie in adjudication.
        allowed = [*question.answers, "contested"]
        answer = given.get(question.name, "")
        if answer and answer not in allowed:
            raise InputError(
                f"{where}: {question.name}: unknown answer {answer!r}"
                f"{did_you_mean(str(answer), allowed)}"
            )
    return [given.get(question.name, "") for question in codebook.questions]


def _given(raw: dict[str, Any], key: str, where: str, known: list[str]) -> dict[str, str]:
    value = raw.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise InputError(
            f'{where}: `{key}` must map codes to answers, such as {{"code": "present"}}'
        )
    for code in value:
        if code not in known:
            raise InputError(f"{where}: `{key}`: unknown code {code!r}{did_you_mean(code, known)}")
    return value


def _coded(passages: pl.DataFrame, answers: list[list[str]], codebook: Codebook) -> LabeledPassages:
    table = np.full((len(answers), len(codebook.questions)), "", object)
    soft = np.zeros((len(answers), len(codebook.outputs)), np.float32)
    asked = np.zeros(soft.shape, np.bool_)
    for i, question in enumerate(codebook.questions):
        columns = codebook.columns_of(question)
        for row, given in enumerate(answers):
            answer = "" if given[i] == "cannot_say" else given[i]
            table[row, i] = answer
            asked[row, columns] = answer not in ("", "contested")
            soft[row, columns] = _shares(question, answer)
    return LabeledPassages(passages, soft, asked, table)


def _shares(question: Question, answer: str) -> list[float]:
    if question.is_stance:
        return [float(answer == stance) for stance in STANCES]
    return [{"present": 1.0, "borderline": 0.5}.get(answer, 0.0)]
