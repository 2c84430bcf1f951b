"""Lines of a file whatever stands in it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pipeline import sources
from pipeline.errors import InputError
from pipeline.sources import Limits


@pytest.mark.parametrize("begin", ["id,text\n1,", "Forwarded from Harbour Gazette\n"])
def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, begin: str
) -> None:
    path = tmp_path / "small.gz"
    path.write_bytes(gzip.compress((begin + "a" * (Limits().text_characters + 1)).encode()))
    with pytest.raises(InputError, match=r"small\.gz:2: a line of more than 16,777,216 characters"):
        sources.read_all([path], {}, {})
