"""``rhetoric score --check``: how files would be read, before anything is scored."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Rhetoric


def test_a_file_is_shown_as_it_would_be_read_and_nothing_is_written(
    rhetoric: Rhetoric, tmp_path: Path
) -> None:
    rows = "\n".join(
        f"{i},Heavy rain fell over the harbour on day {i}.,2026-11-2{i}" for i in "123"
    )
    (tmp_path / "posts (1).csv").write_text(f"id,body,date\n{rows}\n", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    code, out, err = rhetoric("score", "posts (1).csv", "--check", "ingest.table.text=body")
    assert (code, err) == (0, "")
    assert out.startswith("posts (1).csv: 3 posts, 3 without a channel\n")
    assert "text from 'body'" in out
    assert "Heavy rain fell over the harbour on day 1." in out
    # Added to the whole command, it still writes nothing.
    again = rhetoric("score", "posts (1).csv", "-o", "scored", "--check", "ingest.table.text=body")
    assert again == (0, out, "")
    assert sorted(tmp_path.rglob("*")) == before
