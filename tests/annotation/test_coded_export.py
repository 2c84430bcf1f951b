"""What people coded reaches the commands that read coded passages."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import codebook as codebooks
from pipeline.annotation import coded_export
from pipeline.annotation.adjudication import majority
from pipeline.codebook import Codebook
from pipeline.datasets import coded_jsonl
from pipeline.text.passage_id import normalise, passage_id
from tests.annotation.conftest import coded_by
from tests.conftest import SMALL_CODEBOOK


def passages(*texts: tuple[str, str, str]) -> pl.DataFrame:
    rows = [
        {"passage_id": passage_id(*words), "text": words[0], "opening": words[1],
         "before": words[2], "language": "en", "post": "channel/1", "position": i}
        for i, words in enumerate(texts)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def test_labels_read_back_are_those_that_were_adjudicated(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    texts = passages(("It rains.", "", ""), ("It blows.", "It rains.", ""))
    rain, wind = texts["passage_id"]
    labels = majority(
        coded_by({(rain, "rain"): ["present"], (rain, "stance:town"): ["favour", "neutral"],
                  (wind, "rain"): ["absent"], ("f" * 16, "rain"): ["present"]}),
        small_codebook,
    )  # fmt: skip
    path = tmp_path / "coded.jsonl"
    path.write_text("\n".join(coded_export.lines(labels, texts, small_codebook)))
    read = coded_jsonl.read(path, small_codebook)
    assert read.passages["passage_id"].to_list() == [rain, wind]
    # Questions: rain, wind, stance:town. Not asked is not absent; contested counts as not asked.
    assert read.answers.tolist() == [["present", "", "contested"], ["absent", "", ""]]
    assert read.asked[0].tolist() == [True, False, False, False, False]


@pytest.mark.slow
@given(st.tuples(st.text(min_size=1), st.text(), st.text()).filter(lambda x: normalise(x[0])))
def test_any_text_keeps_its_id(words: tuple[str, str, str]) -> None:
    book = codebooks.parse(SMALL_CODEBOOK, "small")
    texts = passages(words)
    (key,) = texts["passage_id"]
    labels = majority(coded_by({(key, "rain"): ["present"]}), book)
    (line,) = coded_export.lines(labels, texts, book)
    row = json.loads(line)
    assert passage_id(row["text"], row["opening"], row["before"]) == key
