from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.scoring.spool import Spool

SCHEMA = pl.Schema({"text": pl.String, "number": pl.Int64})


@settings(deadline=None, max_examples=50)
@given(
    batches=st.lists(st.lists(st.tuples(st.integers(0, 3), st.text(max_size=5)), max_size=6)),
    flush_bytes=st.sampled_from([1, 50, 10**6]),
)
def test_every_bucket_gives_back_its_rows_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[list[tuple[int, str]]],
    flush_bytes: int,
) -> None:
    spool = Spool(tmp_path_factory.mktemp("spool"), SCHEMA, flush_bytes)
    expected: dict[int, list[tuple[str, int]]] = {bucket: [] for bucket in range(4)}
    number = 0
    for batch in batches:
        rows = []
        for bucket, text in batch:
            rows.append((text, number))
            expected[bucket].append((text, number))
            number += 1
        table = pl.DataFrame(rows, SCHEMA, orient="row")
        spool.add(table, np.array([bucket for bucket, _ in batch], np.int64))
    spool.flush()
    assert {bucket: spool.read(bucket).rows() for bucket in range(4)} == expected
    assert spool.read(0).schema == SCHEMA


def test_a_file_that_lost_its_end_has_another_checksum(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SCHEMA)
    spool.add(pl.DataFrame({"text": ["a"], "number": [1]}), np.array([2]))
    spool.flush()
    before = spool.checksums()
    file = tmp_path / "2.arrows"
    file.write_bytes(file.read_bytes()[:-1])
    assert before.keys() == spool.checksums().keys() == {"2.arrows"}
    assert before != spool.checksums()
