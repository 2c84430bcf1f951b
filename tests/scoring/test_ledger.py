from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.scoring import ledger
from pipeline.scoring.fingerprint import Identity
from pipeline.scoring.ledger import Plan
from pipeline.scoring.shards import ShardResult

IDENTITY = Identity(
    inputs=[("a.json", "1"), ("b.json", "2")],
    model="m1",
    codebook="c1",
    engine="torch",
    settings={"evidence": "none", "columns": {"text": "body"}},
)
PLAN = Plan(
    posts=2, paragraphs=3, dropped={"too_short": 1}, languages={"en": 3}, bits=1, dropped_sha256="d"
)
SHARDS = [ShardResult(name=name, rows=2, passages=1, cut=0, sha256="f" * 64) for name in ("0", "1")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(ledger.first_line(IDENTITY, {"kind": "lexicon"}))
    standing = ledger.read(path)
    standing.record_plan(standing.last, PLAN)
    for shard in SHARDS:
        standing.record_shard(standing.last, shard)
    return path


def test_a_ledger_is_read_as_it_was_written(path: Path) -> None:
    standing = ledger.read(path)
    assert standing.identity == IDENTITY
    assert standing.about == {"kind": "lexicon"}
    assert standing.last.plan == PLAN
    assert list(standing.last.shards.values()) == SHARDS


def test_wherever_a_crash_cuts_the_last_line_only_that_line_is_lost(path: Path) -> None:
    whole = path.read_bytes()
    start = whole[:-1].rfind(b"\n") + 1
    for length in range(start, len(whole)):
        path.write_bytes(whole[:length])
        ledger.repair(path)
        assert path.read_bytes() == whole[:start]
        standing = ledger.read(path)
        assert list(standing.last.shards) == ["0"]
    standing.record_shard(standing.last, SHARDS[1])
    assert path.read_bytes() == whole


def test_a_whole_ledger_needs_no_mending(path: Path) -> None:
    whole = path.read_bytes()
    ledger.repair(path)
    assert path.read_bytes() == whole


def test_a_damaged_line_is_named(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"{oops\n" + lines[2])
    with pytest.raises(InputError, match=r"ledger\.jsonl:2: damaged"):
        ledger.read(path)


@pytest.mark.parametrize(
    "content", [b"", b"{}\n", b'{"begun": {"model": 1}, "about": {}}\n', b"[]\n"]
)
def test_a_file_that_is_no_ledger_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a ledger of this version"):
        ledger.read(path)


@pytest.mark.parametrize(
    ("now", "changes"),
    [
        (IDENTITY, []),
        (replace(IDENTITY, model="m2"), ["the model (m1, now m2)"]),
        (replace(IDENTITY, codebook="c2"), ["the codebook (c1, now c2)"]),
        (replace(IDENTITY, engine="other"), ["the engine (torch, now other)"]),
        (
            replace(IDENTITY, settings={"evidence": "none", "columns": {}}),
            ["the setting columns ({'text': 'body'}, now {})"],
        ),
        (
            replace(IDENTITY, inputs=[("a.json", "9"), ("c.json", "3")]),
            [
                "the content of a.json",
                "the input (b.json is missing)",
                "the input (c.json is new)",
            ],
        ),
        (replace(IDENTITY, inputs=IDENTITY.inputs[::-1]), ["the order of the input files"]),
    ],
)
def test_what_changed_is_said_in_words(now: Identity, changes: list[str]) -> None:
    assert IDENTITY.changes_to(now) == changes
