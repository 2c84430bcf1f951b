from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.queue import queue_file
from pipeline.annotation.queue.queue_file import CoderAnswer, QueueItem
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.text.passage_id import passage_id

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def waiting(text: str = "It rained.", **more: object) -> QueueItem:
    fields = {"opening": "", "before": "", "language": "en", "post": "p", "position": 0,
              "reason": "sample"} | more  # fmt: skip
    key = passage_id(text, str(fields["opening"]), str(fields["before"]))
    return QueueItem(passage_id=key, text=text, **fields)  # type: ignore[arg-type]


@pytest.mark.slow
@given(TEXTS, TEXTS, st.sampled_from([None, 0.25]))
def test_a_queue_comes_back_whatever_stands_in_it(
    tmp_path_factory: pytest.TempPathFactory, text: str, opening: str, inclusion: float | None
) -> None:
    from pipeline import codebook as codebooks
    from tests.conftest import SMALL_CODEBOOK

    book = codebooks.parse(SMALL_CODEBOOK, "small.yaml")
    path = tmp_path_factory.mktemp("queue") / "q.jsonl"
    items = [
        waiting(text, opening=opening, inclusion=inclusion),
        waiting("Wind.", asked=("wind",), said=(CoderAnswer("wind", "anna", "present", "why"),)),
    ]
    queue_file.write(path, items)
    assert queue_file.is_queue(path)
    assert queue_file.read(path, book) == items


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": "It snowed."}, "passage_id does not match text"),
        ({"asked": ["rian"]}, "did you mean 'rain'"),
        ({"asked": []}, "asked: expected"),
        ({"resaon": "x"}, "did you mean 'reason'"),
        ({"position": "1"}, "position: expected a number"),
        ({"post": None}, "post: expected text"),
        ({"said": [{"coder": "a"}]}, "said: missing question"),
        ({"said": 5}, "said: expected a list of answers"),
        (
            {"said": [{"question": "rain", "coder": "a", "answer": "absent", "note": 5}]},
            "said: note: expected text",
        ),
        ({"inclusion": "half"}, "inclusion: expected a share"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    changes: dict[str, object], message: str, tmp_path: Path, small_codebook: Codebook
) -> None:
    path = tmp_path / "q.jsonl"
    row = json.loads(waiting().to_json()) | changes
    path.write_text(waiting().to_json() + "\n" + json.dumps(row) + "\n")
    with pytest.raises(InputError, match=message) as refused:
        queue_file.read(path, small_codebook)
    assert str(refused.value).startswith(f"{path}:2: ")


def test_other_files_are_no_queue(tmp_path: Path) -> None:
    for name, content in (("a", "x"), ("b", '{"text": "x"}'), ("c", ""), ("d", "\xff")):
        path = tmp_path / name
        path.write_text(content, encoding="latin-1")
        assert not queue_file.is_queue(path)
    assert not queue_file.is_queue(tmp_path)
