from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import polars as pl
import pytest

from pipeline import tables
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.models.base import Matrix
from pipeline.scoring import ScoreSummary, read_record
from pipeline.scoring.engines import FittedEngine

pytestmark = pytest.mark.slow

Score = Callable[..., ScoreSummary]
Write = Callable[[Path, Iterable[Mapping[str, object]]], Path]
SaveModel = Callable[..., Path]
Contents = Callable[[Path], dict[str, bytes]]


def scores_in(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "scores" / "part-*.parquet").sort("paragraph_id")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many passages each call of the engine was given."""
    calls: list[int] = []
    original = FittedEngine.probabilities

    def counted(self: FittedEngine, passages: pl.DataFrame) -> Matrix:
        calls.append(passages.height)
        return original(self, passages)

    monkeypatch.setattr(FittedEngine, "probabilities", counted)
    return calls


def test_posts_become_rows_with_their_origin_and_answers(
    score: Score, codebook: Codebook, tmp_path: Path
) -> None:
    score(tmp_path / "out")
    scores = scores_in(tmp_path / "out")
    tables.scores(codebook.frame_codes, codebook.target_codes).validate(scores)
    by_post = {row["post_id"]: row for row in scores.iter_rows(named=True)}
    first = by_post["probe/0"]
    assert (first["channel"], str(first["published"])) == ("survey", "2026-01-01 10:00:00+00:00")
    assert (first["orbit"], first["tide"], first["stance_moon"]) == (True, False, "absent")
    assert first["evidence_orbit"] == "The station keeps its orbit without any effort."
    russian = by_post["probe/1"]
    assert (russian["language"], russian["orbit"], russian["tide"]) == ("ru", True, True)
    assert russian["evidence_tide"] == "Прилив начался утром, как и обещали."
    assert by_post["probe/2"]["stance_moon"] == "favour"


def test_what_was_dropped_lies_beside_with_its_reason(score: Score, tmp_path: Path) -> None:
    summary = score(tmp_path / "out")
    dropped = pl.read_parquet(tmp_path / "out" / "dropped" / "part-0.parquet")
    tables.Dropped.validate(dropped)
    assert dropped.select("post_id", "reason").rows() == [("probe/3", "too_short")]
    assert summary.dropped == {"too_short": 1}


def test_the_summary_counts_and_says_where_things_lie(score: Score, tmp_path: Path) -> None:
    summary = score(tmp_path / "out", formats=["csv"])
    # Eight posts, one too short, one of two paragraphs: eight paragraphs.
    # They need 4 shards to have 3 or fewer on average: 8 > 3, 8 > 6, 8 <= 12.
    assert (summary.posts, summary.kept, summary.shards, summary.reused_shards) == (8, 8, 4, 0)
    assert (tmp_path / "out" / "scores.csv") in summary.outputs
    said = str(summary)
    assert "8 posts, 8 paragraphs scored in 4 shards" in said
    assert "not scored: 1 too_short" in said
    assert str(tmp_path / "out" / "scores") in said


def test_nothing_but_parts_lies_among_the_scores(score: Score, tmp_path: Path) -> None:
    score(tmp_path / "out", formats=["csv", "jsonl"])
    names = sorted(path.name for path in (tmp_path / "out" / "scores").iterdir())
    assert names == [f"part-{n}.parquet" for n in range(4)]
    left = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert left == [
        *(".lock", "codebook.yaml", "dropped", "ledger.jsonl"),
        *("scores", "scores.csv", "scores.jsonl"),
    ]


def test_the_same_input_and_model_give_the_same_bytes(
    score: Score, tmp_path: Path, contents: Contents
) -> None:
    score(tmp_path / "one", formats=["csv", "jsonl"])
    score(tmp_path / "two", formats=["csv", "jsonl"])
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_number_of_shards_changes_no_row(score: Score, tmp_path: Path) -> None:
    expected = None
    for size in (1, 2, 100):
        score(tmp_path / str(size), shard_passages=size)
        scores = scores_in(tmp_path / str(size))
        assert expected is None or scores.equals(expected)
        expected = scores


def test_parts_hold_the_passages_that_their_names_say(score: Score, tmp_path: Path) -> None:
    score(tmp_path / "out", shard_passages=1)  # 8 paragraphs: 3 bits
    for part in (tmp_path / "out" / "scores").iterdir():
        for key in pl.read_parquet(part)["passage_id"]:
            assert part.name == f"part-{int(key[0], 16) >> 1:x}.parquet"


def test_a_second_call_scores_nothing_again(
    score: Score, tmp_path: Path, asked: list[int], contents: Contents
) -> None:
    score(tmp_path / "out")
    before = contents(tmp_path / "out")
    asked.clear()
    summary = score(tmp_path / "out")
    assert asked == []
    assert (summary.reused_shards, summary.kept, summary.posts) == (4, 8, 8)
    assert contents(tmp_path / "out") == before


def test_only_the_shard_that_was_lost_is_scored_again(
    score: Score, tmp_path: Path, contents: Contents
) -> None:
    score(tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "out" / "scores" / "part-1.parquet").unlink()
    (tmp_path / "out" / "scores" / "part-2.parquet").write_bytes(b"spoilt")
    summary = score(tmp_path / "out")
    assert summary.reused_shards == 2
    after = contents(tmp_path / "out")
    # The ledger says again that the two are finished; all else is as it was.
    assert after.pop("ledger.jsonl") != before.pop("ledger.jsonl")
    assert after == before


def test_lost_dropped_pieces_are_found_again(
    score: Score, tmp_path: Path, asked: list[int], contents: Contents
) -> None:
    score(tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "out" / "dropped" / "part-0.parquet").unlink()
    asked.clear()
    score(tmp_path / "out")
    assert contents(tmp_path / "out") == before
    assert asked == []


def test_a_post_in_two_exports_counts_once_and_the_later_edit_wins(
    score: Score, write: Write, tmp_path: Path
) -> None:
    text = "The tide of that morning was the highest {} of the year."
    old = {"id": "c/1", "edited": "2026-01-01T00:00:00Z", "text": text.format("known")}
    new = {"id": "c/1", "edited": "2026-01-02T00:00:00Z", "text": text.format("measured")}
    files = [write(tmp_path / "b.jsonl", [new]), write(tmp_path / "a.jsonl", [old])]
    summary = score(tmp_path / "out", *files)
    assert (summary.posts, summary.dropped) == (1, {"superseded": 1})
    assert "measured" in scores_in(tmp_path / "out")["text"][0]


def test_a_passage_of_many_posts_is_read_once(
    score: Score, write: Write, tmp_path: Path, asked: list[int]
) -> None:
    posts = [{"id": f"c/{n}", "text": "The same words under every post, always."} for n in range(9)]
    score(tmp_path / "out", write(tmp_path / "same.jsonl", posts), shard_passages=100)
    assert asked == [1]
    assert scores_in(tmp_path / "out").height == 9


def test_a_changed_model_is_noticed_and_nothing_is_mixed(
    score: Score, save_model: SaveModel, tmp_path: Path, contents: Contents
) -> None:
    score(tmp_path / "out")
    before = contents(tmp_path / "out")
    other = save_model("other", cues={"orbit": ["tide"], "tide": [], "stance:moon": []})
    with pytest.raises(InputError, match=r"Changed: the model \(\w{12}, now \w{12}\).*--restart"):
        score(tmp_path / "out", model=other)
    assert contents(tmp_path / "out") == before


def test_changed_settings_are_noticed(score: Score, tmp_path: Path) -> None:
    score(tmp_path / "out")
    with pytest.raises(InputError, match=r"the setting min_characters \(25, now 3\)"):
        score(tmp_path / "out", min_characters=3)
    with pytest.raises(InputError, match="the setting shard_passages"):
        score(tmp_path / "out", shard_passages=9)
    with pytest.raises(InputError, match="the setting evidence"):
        score(tmp_path / "out", evidence=False)


def test_a_changed_input_is_noticed(score: Score, posts: Path, tmp_path: Path) -> None:
    score(tmp_path / "out")
    content = posts.read_text(encoding="utf-8")
    posts.write_text(content.replace("effort", "trouble"), encoding="utf-8")
    with pytest.raises(InputError, match=r"the content of .*posts\.jsonl"):
        score(tmp_path / "out")


def test_restart_begins_anew_and_leaves_no_old_part(
    score: Score, save_model: SaveModel, tmp_path: Path, contents: Contents
) -> None:
    score(tmp_path / "out", shard_passages=1, formats=["csv"])
    other = save_model("other", cues={"orbit": ["tide"], "tide": [], "stance:moon": []})
    score(tmp_path / "out", model=other, restart=True)
    score(tmp_path / "fresh", model=other)
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_a_second_run_on_the_same_folder_is_refused(
    score: Score, tmp_path: Path, contents: Contents
) -> None:
    score(tmp_path / "out")
    before = contents(tmp_path / "out")
    with (tmp_path / "out" / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another run is scoring into this folder"):
            score(tmp_path / "out", restart=True)
        assert contents(tmp_path / "out") == before
    score(tmp_path / "out")


def test_files_that_no_run_wrote_are_never_taken_away(score: Score, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "scores"
    folder.mkdir(parents=True)
    (folder / "thesis.docx").write_text("dear")
    for restart in (False, True):
        with pytest.raises(InputError, match=r"thesis\.docx: not a part file"):
            score(tmp_path / "out", restart=restart)
    assert (folder / "thesis.docx").read_text() == "dear"


def test_scores_without_a_ledger_are_not_added_to(score: Score, tmp_path: Path) -> None:
    score(tmp_path / "out")
    (tmp_path / "out" / "ledger.jsonl").unlink()
    with pytest.raises(InputError, match="no ledger"):
        score(tmp_path / "out")
    assert score(tmp_path / "out", restart=True).reused_shards == 0


def test_an_output_that_is_a_file_is_refused(score: Score, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="is a file"):
        score(tmp_path / "out")


def test_an_unknown_format_is_refused_before_anything_is_read(score: Score, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown format 'cvs'; did you mean 'csv'"):
        score(tmp_path / "out", formats=["cvs"])
    assert not (tmp_path / "out").exists()


def test_an_interrupted_run_goes_on_where_it_stopped(
    score: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contents: Contents
) -> None:
    score(tmp_path / "whole", evidence=False)
    original = FittedEngine.probabilities
    calls = 0

    def interrupted(self: FittedEngine, passages: pl.DataFrame) -> Matrix:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return original(self, passages)

    monkeypatch.setattr(FittedEngine, "probabilities", interrupted)
    with pytest.raises(KeyboardInterrupt):
        score(tmp_path / "out", evidence=False)
    summary = score(tmp_path / "out", evidence=False)
    assert summary.reused_shards >= 2
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    ("provenance", "supported"),
    [
        ({}, {"en", "ru"}),
        ({"languages": ["en"]}, {"en"}),
        ({"languages": ["en", "ru"], "unsupported_languages": ["en"]}, {"ru"}),
    ],
)
def test_languages_that_the_model_cannot_be_trusted_in_are_marked_and_counted(
    score: Score,
    save_model: SaveModel,
    tmp_path: Path,
    provenance: Mapping[str, object],
    supported: set[str],
) -> None:
    model = save_model("limited", provenance=provenance)
    summary = score(tmp_path / "out", model=model)
    scores = scores_in(tmp_path / "out")
    marked = scores.filter(pl.col("language_supported"))["language"].unique()
    assert set(marked) == supported
    counts = scores.filter(~pl.col("language_supported"))["language"].value_counts()
    assert dict(counts.iter_rows()) == dict(summary.unsupported_languages)


HOSTILE = [
    "\u202eReversed tide text that pretends to be something else\u202c, and goes on.",
    "Zero\u200bwidth tide and \ufeffmarks \u2060everywhere. The orbit\u00ad is hidden.",
    "Z̷a̷l̷g̷o̷ tide text with marks upon marks. And an orbit 😀👩‍👩‍👧‍👦 family.",
    "المد والجزر هنا وهناك في كل يوم. tide مدار orbit المحطة ثابت جدا.",
    '<script>alert("tide")</script> {{ 7*7 }} ${jndi:ldap://x} %s %n \\u0000 orbit',
    '\'; DROP TABLE scores; -- and the tide rises. "orbit", they said.',
    "NUL \x00 and bell \x07 and escape \x1b[31m in a text about the tide. An orbit.",
    "../../etc/passwd is a path, and a tide of others. Then the orbit follows it.",
    "tide " * 5000 + ". orbit " * 5000,
]


def test_hostile_texts_pass_unharmed(score: Score, write: Write, tmp_path: Path) -> None:
    posts = [{"id": f"../{n}\u202e", "channel": "=x", "text": t} for n, t in enumerate(HOSTILE)]
    summary = score(tmp_path / "out", write(tmp_path / "h.jsonl", posts), formats=["csv", "jsonl"])
    scores = scores_in(tmp_path / "out")
    assert summary.posts == len(HOSTILE)
    assert scores["post_id"].n_unique() == len(HOSTILE)
    assert scores["tide"].any()
    for row in scores.iter_rows(named=True):
        for frame in ("orbit", "tide"):
            if row[f"evidence_{frame}"] is not None:
                start, end = row[f"evidence_{frame}_start"], row[f"evidence_{frame}_end"]
                assert row["text"][start:end] == row[f"evidence_{frame}"]
    lines = (tmp_path / "out" / "scores.jsonl").read_text(encoding="utf-8").split("\n")
    assert sorted(json.loads(line)["text"] for line in lines if line) == sorted(scores["text"])


def test_posts_of_which_nothing_is_kept_give_an_empty_table(
    score: Score, write: Write, tmp_path: Path, codebook: Codebook
) -> None:
    file = write(tmp_path / "short.jsonl", [{"id": "c/1", "text": "hm"}])
    summary = score(tmp_path / "out", file, formats=["csv", "jsonl"])
    assert (summary.kept, summary.shards, summary.dropped) == (0, 1, {"too_short": 1})
    scores = scores_in(tmp_path / "out")
    assert (
        scores.columns == tables.scores(codebook.frame_codes, codebook.target_codes).column_names()
    )
    assert (tmp_path / "out" / "scores.jsonl").read_bytes() == b""
    assert (tmp_path / "out" / "scores.csv").read_text(encoding="utf-8-sig").startswith("post_id,")


def test_the_record_of_a_folder_tells_its_readers_what_stands_behind_it(
    score: Score, codebook: Codebook, posts: Path, tmp_path: Path
) -> None:
    score(tmp_path / "out")
    record = read_record(tmp_path / "out")
    assert record.complete
    assert record.codebook == codebook
    assert record.provenance["inputs"][0][0] == str(posts)
    assert record.provenance["about"]["kind"] == "lexicon"
    assert record.provenance["plan"]["languages"] == {"en": 7, "ru": 1}
    json.dumps(record.provenance)


def test_a_folder_without_scores_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no scores here"):
        read_record(tmp_path)


def test_a_long_list_of_languages_is_summed_up_at_its_end() -> None:
    summary = ScoreSummary(
        posts=1,
        kept=1,
        dropped={},
        shards=1,
        reused_shards=0,
        unsupported_languages={f"l{number:02d}": 20 - number for number in range(15)},
        truncated=0,
        neutralised=0,
        outputs=(),
    )
    # Twelve are named, l00 first; of the other three, 8, 7 and 6 paragraphs.
    assert str(summary).splitlines()[1].endswith("10 l10, 9 l11, 21 in 3 others")
