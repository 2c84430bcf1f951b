"""A folder of labels to damage, and tables of annotations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.annotation import check
from pipeline.annotation.check import Checked
from pipeline.cli import boundary
from pipeline.codebook import Codebook
from pipeline.tables import Annotations
from pipeline.text.passage_id import passage_id

CODEBOOK = Path(__file__).parents[2] / "labels" / "codebook.yaml"
SCHEMA = {name: column.dtype for name, column in Annotations.columns().items()}


def coded_by(answers: Mapping[tuple[str, str], Sequence[str]]) -> pl.DataFrame:
    """Annotations from (passage, question) → the answers of coders c0, c1 …"""
    rows = [
        {"passage_id": passage, "coder": f"c{i}", "question": question, "answer": answer,
         "codebook_version": "1"}
        for (passage, question), given_answers in answers.items()
        for i, answer in enumerate(given_answers)
    ]  # fmt: skip
    filled = [dict.fromkeys(SCHEMA) | row for row in rows]
    return pl.DataFrame(filled, schema=SCHEMA)


class LabelsFolder:
    """``labels/`` with two coders, written line by line."""

    def __init__(self, root: Path) -> None:
        self.texts = root / "texts"
        self.annotations = root / "annotations"
        self.coders = root / "coders.yaml"
        self.texts.mkdir()
        self.annotations.mkdir()
        kind = "{kind: language_model, description: A test.}"
        self.coders.write_text(f"anna: {kind}\nboris: {kind}\n")

    def write_text(self, text: str, /, name: str = "one", **changes: Any) -> str:
        """Append a passage of 40 characters or more; returns its id."""
        padded = text.ljust(40, ".")
        row = {
            "text": padded, "opening": "", "before": "", "language": "en", "voice": "a_voice",
            "genre": "news", "group": None, "post": text, "position": 0,
        } | changes  # fmt: skip
        key = passage_id(row["text"], row["opening"], row["before"])
        row = {"passage_id": key} | row
        self.append(self.texts / f"{name}.jsonl", row)
        return key

    def write_answers(self, coder: str, passage: str, answers: dict[str, str], **more: Any) -> None:
        row = {"passage_id": passage, "asked": "all", "answers": answers,
               "codebook_version": "1", "coded_at": None, "source": "test"}  # fmt: skip
        self.append(self.annotations / f"{coder}.jsonl", row | more)

    def append(self, path: Path, row: dict[str, Any] | str) -> None:
        line = row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def check(self, codebook: Codebook) -> Checked:
        return check.labels(
            texts=self.texts, annotations=self.annotations, coders=self.coders, codebook=codebook
        )

    def problems(self, codebook: Codebook) -> list[str]:
        """Problems as they are printed, the folder left out."""
        root = str(self.coders.parent) + "/"
        return [str(problem).replace(root, "") for problem in self.check(codebook).problems]


@pytest.fixture
def labels(tmp_path: Path) -> LabelsFolder:
    return LabelsFolder(tmp_path)


@pytest.fixture
def typed_over(labels: LabelsFolder, tmp_path: Path) -> Callable[..., int]:
    """``typed_over(*words) -> exit code``, with the settings that point into the test's folder."""

    def run(*words: str) -> int:
        settings = [
            f"label.texts={labels.texts}", f"label.annotations={labels.annotations}",
            f"label.coders={labels.coders}", f"label.hydrated={tmp_path / 'own'}",
            f"codebook={CODEBOOK}",
        ]  # fmt: skip
        return boundary.run([*words, *settings])

    return run
