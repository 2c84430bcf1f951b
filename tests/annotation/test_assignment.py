"""Dealing a queue among coders, and how far they are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation import assignment
from pipeline.annotation.assignment import Assignment, deal, of_coder, status, status_lines
from pipeline.annotation.coders import Coder
from pipeline.annotation.queue.queue_file import QueueItem
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from tests.annotation.conftest import SCHEMA


def waiting(number: int) -> list[QueueItem]:
    return [
        QueueItem(f"{i:016x}", f"Text {i}", "", "", "en", f"post {i}", 0, "sample")
        for i in range(number)
    ]


def dealt(number: int, coders: list[str], overlap: float, calibration: int = 0) -> Assignment:
    rng = np.random.default_rng(3)
    return deal(
        waiting(number), coders, overlap=overlap, calibration=calibration, name="q", rng=rng
    )


@given(st.integers(1, 60), st.integers(2, 5), st.floats(0, 1), st.integers(0, 10))
def test_every_passage_is_dealt_once_or_as_often_as_it_is_shared(
    number: int, people: int, overlap: float, calibration: int
) -> None:
    names = [f"c{i}" for i in range(people)]
    found = dealt(number + calibration, names, overlap, calibration)
    times = Counter(key for own in found.share_of.values() for key in own)
    assert len(times) == number + calibration
    assert all(times[key] == people for key in found.calibration)
    assert sorted(times.values()) == sorted(
        [people] * calibration + [2] * len(found.shared) + [1] * (number - len(found.shared))
    )
    assert len(found.shared) == round(overlap * number)
    sizes = [len(own) for own in found.share_of.values()]
    assert max(sizes) - min(sizes) <= 2
    assert all(own[:calibration] == found.calibration for own in found.share_of.values())


def test_every_pair_of_coders_shares_as_many() -> None:
    found = dealt(600, ["a", "b", "c", "d"], 0.2)
    both = [
        len(set(found.share_of[x]) & set(found.share_of[y])) for x, y in combinations("abcd", 2)
    ]
    assert both == [20] * 6


@pytest.mark.parametrize(
    ("coders", "overlap", "calibration", "message"),
    [
        (["a"], 0.2, 0, "two or more different coders"), (["a", "a"], 0.2, 0, "two or more"),
        (["a", "b"], 1.2, 0, "allowed is 0 to 1"), (["a", "b"], 0.2, 10, "which leaves none"),
        (["a", "B!"], 0.2, 0, "pseudonym"),
    ],
)  # fmt: skip
def test_what_cannot_be_dealt_is_refused(
    coders: list[str], overlap: float, calibration: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        dealt(10, coders, overlap, calibration)


def test_it_is_kept_and_never_written_over_another(tmp_path: Path) -> None:
    one, two = dealt(10, ["a", "b"], 0.5), dealt(12, ["a", "b"], 0.5)
    assert one.save(tmp_path, "q") == one.save(tmp_path, "q") == tmp_path / "q.json"
    assert two.save(tmp_path, "q") == tmp_path / "q-2.json"
    assert assignment.read(tmp_path / "q.json") == one
    share = of_coder(one, waiting(10), "a")
    assert [item.passage_id for item in share] == list(one.share_of["a"])
    with pytest.raises(InputError, match="nothing is assigned to c"):
        of_coder(one, waiting(10), "c")


def coded(coder: str, keys: tuple[str, ...], answer: str, gap: float) -> pl.DataFrame:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        dict.fromkeys(SCHEMA)
        | {"passage_id": key, "coder": coder, "question": "rain", "answer": answer,
           "codebook_version": "1", "coded_at": begin + timedelta(seconds=gap * i)}
        for i, key in enumerate(keys)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA)


def test_status_says_what_is_done_how_long_it_took_and_what_is_left(
    small_codebook: Codebook,
) -> None:
    found = dealt(20, ["anna", "boris"], 0.0, calibration=4)
    # Anna coded 7 of 12, one every 36 seconds: six gaps, 0.06 h; five are left, 0.05 h.
    table = pl.concat([
        coded("anna", found.share_of["anna"][:7], "present", 36),
        coded("boris", found.share_of["boris"][:3], "absent", 5000),
        coded("carl", found.share_of["boris"], "absent", 1),
    ])  # fmt: skip
    now = status(found, table, small_codebook, target=0.8)
    anna, boris = now.coders
    assert (anna.done, anna.assigned) == (7, 12)
    assert anna.hours == pytest.approx(0.06) and anna.left == pytest.approx(0.05)
    assert (boris.done, boris.hours) == (3, None)  # pauses alone
    assert now.calibration_done == 3 and now.below == ("rain",)
    lines = status_lines(now, {"anna": Coder("anna", "person", "A student.")})
    assert lines[0] == "anna: 7 of 12, 0.1 h so far, about 0.1 h left"
    assert lines[1] == "boris: 3 of 12; not in coders.yaml yet"
    assert (
        lines[2]
        == "agreement: 0 of 1 questions have an alpha interval at or above 0.8; not yet: rain"
    )


def test_a_campaign_that_has_not_begun_has_a_status(small_codebook: Codebook) -> None:
    now = status(dealt(5, ["a", "b"], 0.2), pl.DataFrame(schema=SCHEMA), small_codebook, target=0.8)
    assert [row.done for row in now.coders] == [0, 0]
    assert status_lines(now, {})[-1] == "agreement: no passage has two answers yet"
