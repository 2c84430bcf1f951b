"""A growing export: what is new is scored in new shards, old rows stay byte for byte."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.errors import InputError
from pipeline.models.base import Matrix
from pipeline.scoring import ScoreSummary, read_record, updates
from pipeline.scoring.engines import FittedEngine

pytestmark = pytest.mark.slow

Score = Callable[..., ScoreSummary]
Write = Callable[[Path, Iterable[Mapping[str, object]]], Path]
SaveModel = Callable[..., Path]
Contents = Callable[[Path], dict[str, bytes]]

FIRST = "The station keeps its orbit without any effort, and the crew slept well."
SECOND = "Another day came with a high tide that nobody on the pier had expected."
THIRD = "The moon is praised by everyone who came to see the tide this evening."


def post(number: int, *texts: str, channel: str = "c") -> dict[str, object]:
    date = f"2026-02-{1 + number:02d}T10:00:00Z"
    return {
        "id": f"{channel}/{number}",
        "channel": channel,
        "date": date,
        "text": "\n\n".join(texts),
    }


@pytest.fixture
def export(tmp_path: Path, write: Write) -> Callable[..., Path]:
    """The one file that grows."""

    def save(*posts: Mapping[str, object]) -> Path:
        return write(tmp_path / "export.jsonl", posts)

    return save


def scores_in(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "scores" / "part-*.parquet").sort("paragraph_id")


def dropped_in(folder: Path) -> list[tuple[Any, ...]]:
    rows = pl.read_parquet(folder / "dropped" / "part-*.parquet")
    return rows.select("post_id", "reason").sort("post_id", "reason").rows()


def test_an_update_scores_what_is_new_and_leaves_old_files_as_they_are(
    score: Score, export: Callable[..., Path], tmp_path: Path, contents: Contents
) -> None:
    out = tmp_path / "out"
    score(out, export(post(1, FIRST), post(2, SECOND), post(3, "hm")), shard_passages=1)
    before = contents(out)
    grown = export(post(1, FIRST), post(2, SECOND), post(3, "hm"), post(4, THIRD), post(5, "oh"))
    summary = score(out, grown, shard_passages=1, update=True)
    after = contents(out)
    assert before.items() - {("ledger.jsonl", before["ledger.jsonl"])} <= after.items()
    assert after["ledger.jsonl"].startswith(before["ledger.jsonl"])
    assert sorted(after.keys() - before.keys()) == [
        "dropped/part-1.parquet",
        "scores/part-1-0.parquet",
    ]
    assert (summary.posts, summary.kept, summary.unchanged) == (2, 1, 2)
    assert summary.dropped == {"too_short": 1}
    assert "2 new posts, 1 new paragraphs scored in 1 shard" in str(summary)
    assert "2 paragraphs of earlier calls are unchanged" in str(summary)
    assert scores_in(out)["post_id"].to_list() == ["c/1", "c/2", "c/4"]
    assert dropped_in(out) == [("c/3", "too_short"), ("c/5", "too_short")]


def test_the_model_is_asked_about_new_passages_only(
    score: Score, export: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score(tmp_path / "out", export(post(1, FIRST), post(2, SECOND)), evidence=False)
    asked: list[list[str]] = []
    original = FittedEngine.probabilities

    def watched(self: FittedEngine, passages: pl.DataFrame) -> Matrix:
        asked.append(passages["text"].to_list())
        return original(self, passages)

    monkeypatch.setattr(FittedEngine, "probabilities", watched)
    grown = export(post(1, FIRST), post(2, SECOND), post(3, THIRD))
    score(tmp_path / "out", grown, evidence=False, update=True)
    assert asked == [[THIRD]]
    score(tmp_path / "out", grown, evidence=False, update=True)
    assert asked == [[THIRD]], "a second call with the same file has nothing to do"


def test_rows_of_an_update_are_those_of_a_run_over_everything(
    score: Score, export: Callable[..., Path], tmp_path: Path
) -> None:
    posts = [post(n, FIRST if n % 2 else SECOND, THIRD) for n in range(9)]
    for until in (2, 5, 9):
        score(tmp_path / "grown", export(*posts[:until]), update=True)
    score(tmp_path / "whole", export(*posts))
    assert scores_in(tmp_path / "grown").equals(scores_in(tmp_path / "whole"))
    assert read_record(tmp_path / "grown").provenance["plan"] == {
        "posts": 9,
        "paragraphs": 18,
        "dropped": {},
        "languages": {"en": 18},
    }


def test_an_update_where_nothing_stands_yet_is_a_first_run(
    score: Score, posts: Path, tmp_path: Path, contents: Contents
) -> None:
    assert score(tmp_path / "one", update=True).unchanged is None
    score(tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_file_with_new_posts_only_may_be_given_instead_of_the_whole_export(
    score: Score, write: Write, tmp_path: Path
) -> None:
    score(tmp_path / "out", write(tmp_path / "monday.jsonl", [post(1, FIRST)]))
    tuesday = write(tmp_path / "tuesday.jsonl", [post(2, SECOND)])
    (tmp_path / "monday.jsonl").unlink()
    score(tmp_path / "out", tuesday, update=True)
    assert scores_in(tmp_path / "out")["post_id"].to_list() == ["c/1", "c/2"]


def test_an_edited_post_keeps_its_rows_and_the_edit_is_named(
    score: Score, export: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    score(out, export(post(1, FIRST, SECOND), post(2, SECOND)))
    before = scores_in(out)
    edited = [post(1, FIRST, THIRD), post(2, SECOND)]
    summary = score(out, export(*edited), update=True)
    assert scores_in(out).equals(before)
    assert summary.dropped == {updates.EDITED: 1}
    assert "1 paragraphs of posts edited since then were not scored again" in str(summary)
    assert dropped_in(out) == [("c/1", updates.EDITED)]
    score(out, export(*edited, post(3, SECOND)), update=True)
    assert dropped_in(out) == [("c/1", updates.EDITED)], "named once, not at every update"


def test_a_paragraph_that_was_added_to_a_post_is_new(
    score: Score, export: Callable[..., Path], tmp_path: Path
) -> None:
    score(tmp_path / "out", export(post(1, FIRST)))
    summary = score(tmp_path / "out", export(post(1, FIRST, SECOND)), update=True)
    assert (summary.posts, summary.kept) == (0, 1)
    assert scores_in(tmp_path / "out")["paragraph_id"].to_list() == ["c/1#0", "c/1#1"]


def test_an_update_without_news_makes_no_shard(
    score: Score, export: Callable[..., Path], tmp_path: Path
) -> None:
    score(tmp_path / "out", export(post(1, FIRST), post(2, SECOND)))
    summary = score(tmp_path / "out", export(post(2, SECOND), post(1, FIRST)), update=True)
    assert (summary.posts, summary.kept, summary.shards) == (0, 0, 0)
    assert sorted(p.name for p in (tmp_path / "out" / "scores").iterdir()) == ["part-0.parquet"]
    assert read_record(tmp_path / "out").complete


def test_tables_for_people_are_in_order_over_all_rounds(
    score: Score, export: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    score(out, export(post(9, FIRST), post(10, SECOND), post(4, FIRST, channel="b")))
    later = [post(9, FIRST), post(10, SECOND), post(4, FIRST, channel="b")]
    grown = export(*later, post(2, SECOND), post(5, THIRD, channel="b"), post(11, THIRD, FIRST))
    score(out, grown, update=True, formats=["csv"])
    rows = pl.read_csv(out / "scores.csv")["paragraph_id"].to_list()
    assert rows == ["b/4#0", "b/5#0", "c/2#0", "c/9#0", "c/10#0", "c/11#0", "c/11#1"]


def test_a_table_that_lies_there_is_brought_up_to_date(
    score: Score, export: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    score(out, export(post(1, FIRST)), formats=["csv"])
    summary = score(out, export(post(1, FIRST), post(2, SECOND)), update=True)
    assert out / "scores.csv" in summary.outputs
    assert pl.read_csv(out / "scores.csv")["post_id"].to_list() == ["c/1", "c/2"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"min_characters": 3}, r"the setting min_characters \(25, now 3\)"),
        ({"evidence": False}, "the setting evidence"),
        ({"shard_passages": 7}, r"the setting shard_passages \(3, now 7\)"),
    ],
)
def test_an_update_with_other_settings_is_refused_by_name(
    score: Score,
    export: Callable[..., Path],
    tmp_path: Path,
    contents: Contents,
    change: dict[str, Any],
    said: str,
) -> None:
    score(tmp_path / "out", export(post(1, FIRST)))
    before = contents(tmp_path / "out")
    with pytest.raises(InputError, match=said):
        score(tmp_path / "out", export(post(1, FIRST), post(2, SECOND)), update=True, **change)
    assert contents(tmp_path / "out") == before


def test_an_update_with_another_model_or_codebook_is_refused_by_name(
    score: Score, export: Callable[..., Path], save_model: SaveModel, tmp_path: Path
) -> None:
    from tests.scoring.conftest import CODEBOOK

    score(tmp_path / "out", export(post(1, FIRST)))
    grown = export(post(1, FIRST), post(2, SECOND))
    other = save_model("other", cues={"orbit": ["tide"], "tide": [], "stance:moon": []})
    with pytest.raises(InputError, match=r"Changed: the model \(\w{12}, now \w{12}\)\. Give anoth"):
        score(tmp_path / "out", grown, model=other, update=True)
    rules = save_model("rules", yaml=CODEBOOK.replace("it stands", "it lies still"))
    with pytest.raises(InputError, match="the codebook"):
        score(tmp_path / "out", grown, model=rules, update=True)


def test_a_changed_export_without_the_word_is_refused_and_the_word_named(
    score: Score, export: Callable[..., Path], tmp_path: Path
) -> None:
    score(tmp_path / "out", export(post(1, FIRST)))
    grown = export(post(1, FIRST), post(2, SECOND))
    with pytest.raises(InputError, match="Give --update to add what is new in it, another -o"):
        score(tmp_path / "out", grown)


def test_a_damaged_old_part_is_not_replaced_from_input_that_has_changed(
    score: Score, export: Callable[..., Path], tmp_path: Path, contents: Contents
) -> None:
    out = tmp_path / "out"
    score(out, export(post(1, FIRST)))
    (out / "scores" / "part-0.parquet").write_bytes(b"spoilt")
    before = contents(out)
    with pytest.raises(InputError, match="missing or damaged"):
        score(out, export(post(1, FIRST), post(2, SECOND)), update=True)
    assert contents(out) == before


def test_a_lost_part_of_any_round_is_scored_again_from_files_that_still_stand(
    score: Score, write: Write, tmp_path: Path, contents: Contents
) -> None:
    files = [write(tmp_path / f"{n}.jsonl", [post(n, FIRST), post(n + 10, THIRD)]) for n in (1, 2)]
    out = tmp_path / "out"
    score(out, files[0])
    score(out, *files, update=True)
    before = contents(out)
    for name in ("scores/part-0.parquet", "dropped/part-0.parquet"):
        (out / name).unlink()
        score(out, *files, update=True)
        after = contents(out)
        assert after.pop("ledger.jsonl") and {**after, "ledger.jsonl": b""} == {
            **before,
            "ledger.jsonl": b"",
        }


class Stopped(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """The engine stops the run at its n-th call from now; 0: never."""
    original = FittedEngine.probabilities

    def at(number: int) -> None:
        calls = itertools.count(1)

        def probabilities(self: FittedEngine, passages: pl.DataFrame) -> Matrix:
            if next(calls) == number:
                raise Stopped
            return original(self, passages)

        monkeypatch.setattr(FittedEngine, "probabilities", probabilities)

    return at


MANY = [post(n, f"Tide number {n} came in the evening and nobody was there.") for n in range(8)]
SMALL: dict[str, Any] = {"shard_passages": 2, "evidence": False}


def test_a_call_that_was_stopped_is_finished_before_other_files_are_taken(
    score: Score, write: Write, tmp_path: Path, stopped: Callable[[int], None]
) -> None:
    monday, tuesday = tmp_path / "monday.jsonl", tmp_path / "tuesday.jsonl"
    write(monday, MANY)
    write(tuesday, [post(20, THIRD)])
    stopped(2)
    with pytest.raises(Stopped):
        score(tmp_path / "out", monday, **SMALL)
    stopped(0)
    monday.unlink()  # what was read of it lies in the work folder
    score(tmp_path / "out", tuesday, update=True, **SMALL)
    assert scores_in(tmp_path / "out").height == 9


def test_a_stopped_call_whose_input_and_work_are_gone_gives_way_to_the_update(
    score: Score,
    export: Callable[..., Path],
    tmp_path: Path,
    stopped: Callable[[int], None],
    contents: Contents,
) -> None:
    out = tmp_path / "out"
    score(out, export(*MANY[:3]), **SMALL)
    old = contents(out)
    stopped(2)
    with pytest.raises(Stopped):
        score(out, export(*MANY[:7]), update=True, **SMALL)
    assert (out / "scores" / "part-1-0.parquet").exists()
    stopped(0)
    for path in (out / ".work" / "paragraphs").iterdir():
        path.unlink()
    score(out, export(*MANY), update=True, **SMALL)
    new = contents(out)
    assert {k: v for k, v in new.items() if k in old and k != "ledger.jsonl"} == {
        k: v for k, v in old.items() if k != "ledger.jsonl"
    }
    score(tmp_path / "whole", export(*MANY), **SMALL)
    assert scores_in(out).equals(scores_in(tmp_path / "whole"))
