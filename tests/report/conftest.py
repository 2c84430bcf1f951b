"""A small codebook, and folders of scores written row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.tables import Dropped, scores

CODEBOOK = """
version: "9.1"
title: Two frames
unit: A paragraph.
frames:
  - code: thanks
    name: {en: Thanking}
    definition: Somebody is thanked.
    present_when: [somebody is thanked]
    not_when: [nobody is thanked]
  - code: blame
    name: {en: Blaming}
    definition: Somebody is blamed.
    present_when: [somebody is blamed]
    not_when: [nobody is blamed]
targets:
  - code: moon
    name: {en: The Moon}
    definition: The Moon.
    present_when: [the Moon is spoken of]
    not_when: [another moon is meant]
"""

Rows = Sequence[Mapping[str, Any]]
WriteFolder = Callable[..., Path]


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    return codebooks.parse(CODEBOOK.encode(), name="codebook.yaml")


def score_row(number: int, given: Mapping[str, Any]) -> dict[str, Any]:
    row = {
        "post_id": f"chan/{number}",
        "paragraph_id": f"chan/{number}#0",
        "passage_id": f"{number:016x}",
        "position": 0,
        "channel": "chan",
        "published": datetime(2024, 5, 1, 12, tzinfo=UTC),
        "language": "en",
        "forwarded_from": None,
        "url": f"https://t.me/chan/{number}",
        "source_file": "result.json",
        "text": f"Paragraph number {number}.",
        "stance_moon": "absent",
        "stance_moon_p": 0.1,
        "language_supported": True,
        "model_version": "m1",
        "codebook_version": "9.1",
    }
    for frame in ("thanks", "blame"):
        row |= {frame: False, f"{frame}_p": 0.1}
        row |= {f"evidence_{frame}{end}": None for end in ("", "_start", "_end")}
    return row | dict(given)


def score_table(rows: Rows) -> pl.DataFrame:
    schema = scores(("thanks", "blame"), ("moon",))
    full = [score_row(number, row) for number, row in enumerate(rows)]
    table = pl.DataFrame(full, schema=schema.create_empty().schema)
    return schema.validate(table)


@pytest.fixture
def write_folder(tmp_path: Path) -> WriteFolder:
    """``write_folder(rows, dropped)``: a folder as ``rhetoric score`` leaves it, in two shards.

    A row gives what differs from an ordinary paragraph without any frame; ``dropped`` gives
    ``(post_id, reason, text)``, or None for a folder without that record.
    """

    def write(rows: Rows, dropped: Sequence[tuple[str, str, str]] | None = ()) -> Path:
        folder = tmp_path / "scored"
        (folder / "scores").mkdir(parents=True, exist_ok=True)
        table = score_table(rows)
        half = len(table) // 2
        table[:half].write_parquet(folder / "scores" / "part-a.parquet")
        table[half:].write_parquet(folder / "scores" / "part-b.parquet")
        if dropped is not None:
            (folder / "dropped").mkdir(exist_ok=True)
            columns = {
                "post_id": [post for post, _, _ in dropped],
                "position": [None] * len(dropped),
                "start": [None] * len(dropped),
                "end": [None] * len(dropped),
                "text": [text for _, _, text in dropped],
                "reason": [reason for _, reason, _ in dropped],
                "source_file": [None] * len(dropped),
            }
            lost = pl.DataFrame(columns, schema=Dropped.create_empty().schema)
            lost.write_parquet(folder / "dropped" / "part-a.parquet")
        return folder

    return write
