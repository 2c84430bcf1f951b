"""Every command against what people mistype: one line, no traceback, nothing written.

The commands, their flags and what they take come from the parser itself, so that a new command is
tested without anybody thinking of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline import codebook as codebooks
from pipeline.cli import boundary
from pipeline.models.linear.lexicon import lexicon
from tests.cli.commands import COMMANDS, flags_of
from tests.project import write_project

pytestmark = pytest.mark.slow

LONG = "x" * 300
Typed = Callable[..., tuple[int, str, str]]

# Beside the word itself, what a command cannot do without: then only the fault is left to name.
NEEDS: dict[str, tuple[str, ...]] = {
    "ingest": ("-o", "posts_out"),
    "score": ("-o", "scored_out"),
    "recalibrate": ("-o", "own_model"),
    "compare": ("result",),
    "labels export": ("-o", "dataset"),
    "codebook diff": ("labels/codebook.yaml",),
    "annotate queue": ("-o", "queue.jsonl"),
    "annotate export": ("--as", "page", "--coder", "anna", "-o", "anna.html"),
    "annotate report": ("-o", "agreement.html"),
    "annotate adjudicate": ("--coder", "lead", "-o", "lead.html"),
    "annotate ask": ("--coder", "llama", "llm.model=none"),
    "annotate assign": ("--coders", "anna,boris", "-o", "dealt"),
    "annotate audit": ("--sample", "labels/samples/sampled.json", "--people", "one"),
}
# What a command reads, whole; the tests cut it in half.
READS: dict[str, str] = {
    **dict.fromkeys(
        ("ingest", "segment", "score", "labels hydrate", "annotate queue", "annotate export",
         "annotate report", "annotate adjudicate", "annotate studio push"),
        "posts.json",
    ),
    **dict.fromkeys(("label", "split", "train", "evaluate", "track"), "table.jsonl"),
    "recalibrate": "coded.jsonl",
    "compare": "result/predictions.parquet",
    "promote": "result/predictions.parquet",
    "report": "scored/scores",
    "codebook diff": "labels/codebook.yaml",
    "annotate import": "answers.jsonl",
    "annotate ask": "posts.json",
    "annotate assign": "answers.jsonl",
    "annotate status": "answers.jsonl",
    "annotate audit": "scored/scores",
}  # fmt: skip
TAKE_FILES = {*READS}
MAKES = {"init"}  # what its word names need not be there
SETTING = {  # a setting of the command's own, with a letter missing
    "score": "scor.engine=torch",
    "report": "repot.title=X",
    "tune": "tun.trials=3",
    "compare": "evalute.confidence=0.9",
    "promote": "trackin.uri=x",
    "recalibrate": "evalute.confidence=0.9",
}


def _posts(n: int = 6) -> str:
    messages = [
        {"id": i, "type": "message", "date": f"2026-11-2{i}T10:00:00", "date_unixtime": "0",
         "text": f"The two ministers spoke about trade and about the new railway number {i}.",
         "text_entities": []}
        for i in range(n)
    ]  # fmt: skip
    chat = {"name": "A channel", "type": "public_channel", "id": 1, "messages": messages}
    return json.dumps(chat, indent=1)


def _coded(n: int = 6) -> str:
    return "".join(
        json.dumps(
            {"text": f"Heavy rain fell over the harbour on day {i} of the long week.",
             "opening": "", "before": "", "language": "en", "frames": {"rain": "present"}}
        )
        + "\n"
        for i in range(n)
    )  # fmt: skip


def _table(n: int = 6) -> str:
    return "".join(
        json.dumps({"text": f"Heavy rain fell over the harbour on day {i}, all of it.", "rain": 1})
        + "\n"
        for i in range(n)
    )


def _answers(folder: Path) -> str:
    texts = (folder / "labels/texts/weather.jsonl").read_text(encoding="utf-8").splitlines()
    return "".join(
        json.dumps(
            {"coder": "one", "queue": "q", "passage_id": json.loads(line)["passage_id"],
             "asked": "all", "answers": {"rain": "present"}, "codebook_version": "1",
             "coded_at": "2026-11-24T10:05:01Z", "source": "page"}
        )
        + "\n"
        for line in texts[:4]
    )  # fmt: skip


def _cut(path: Path, out: Path) -> None:
    """The first part of a file, its last line broken."""
    content = path.read_bytes()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content[: len(content) * 5 // 8])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with a model, a result, scores, and a file of each kind, whole and cut off."""
    import numpy as np

    from pipeline.models.calibration import Calibration
    from pipeline.models.classifier import Classifier

    folder, before = tmp_path_factory.mktemp("project"), Path.cwd()
    write_project(folder)
    os.chdir(folder)
    try:
        book = codebooks.load(folder / "labels/codebook.yaml")
        Classifier(
            fitted=lexicon(book),
            calibration=Calibration.none(len(book.outputs)),
            thresholds=np.full(len(book.outputs), 0.5),
            codebook=book,
            codebook_yaml=(folder / "labels/codebook.yaml").read_bytes(),
        ).save(folder / "build/model")
        (folder / "posts.json").write_text(_posts(), encoding="utf-8")
        (folder / "coded.jsonl").write_text(_coded(), encoding="utf-8")
        (folder / "table.jsonl").write_text(_table(), encoding="utf-8")
        (folder / "answers.jsonl").write_text(_answers(folder), encoding="utf-8")
        (folder / "mine.csv").write_text("text,rain\nIt rained all day long.,1\n", encoding="utf-8")
        (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
        quiet = "tracking.enabled=false"
        model = ("--model", "build/model")
        judged = ("evaluate", *model, "coded.jsonl", "-o", "result")
        assert boundary.run([*judged, "evaluate.bootstrap_samples=10"]) == 0
        assert boundary.run(["score", "posts.json", "-o", "scored", *model, quiet]) == 0
        sampled = ("annotate", "queue", "scored", "posts.json", "-o", "sampled.jsonl")
        assert boundary.run([*sampled, "queue.sample=1"]) == 0
        (folder / "whole_params.yaml").write_text("seed: 13\nout: elsewhere\n", encoding="utf-8")
        for whole in ("result", "scored"):
            for path in (folder / whole).rglob("*"):
                if path.is_file():
                    copy = folder / "cut" / path.relative_to(folder)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    copy.write_bytes(path.read_bytes())
        (part,) = (folder / "scored/scores").glob("part-*.parquet")
        cut = {*READS.values()} - {"scored/scores"} | {str(part.relative_to(folder))}
        for name in cut:
            _cut(folder / name, folder / "cut" / name)
        yield folder
    finally:
        os.chdir(before)


@pytest.fixture
def refused(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """``refused(*argv) -> the line``: checks that it is one, and that nothing was written."""
    monkeypatch.chdir(project)
    # A server that is not there, so that nothing is asked of one that is.
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "none")

    def run(*argv: str, codes: tuple[int, ...] = (1, 2)) -> str:
        before = _state(project)
        code = boundary.run(list(argv))
        out, err = capsys.readouterr()
        shown = f"rhetoric {' '.join(argv)[:200]} → {code}\n{out}{err}"
        assert code in codes, shown
        assert "Traceback" not in err, shown
        assert out == "", shown
        *notes, line = err.splitlines()
        assert line.startswith("rhetoric"), shown
        # What a command says of its work before it meets the fault.
        assert all(note.startswith((f"{argv[0]}: ", "Reading files: ")) for note in notes), shown
        assert len(line) < 1000, shown
        assert _state(project) == before, shown
        return line

    return run


def _state(folder: Path) -> dict[str, str]:
    """Every file by its content, and every folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else ""
        for path in sorted(folder.rglob("*"))
    }


def argv_of(command: str, *more: str) -> list[str]:
    return [*command.split(), *NEEDS.get(command, ()), *more]


def test_the_tables_above_speak_of_commands_that_exist() -> None:
    assert {*NEEDS, *READS, *SETTING} <= set(COMMANDS)
    assert len(COMMANDS) >= 27


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_the_command_does_not_take(command: str, refused: Callable[..., str]) -> None:
    name = "picture.png" if command in TAKE_FILES else "mine.csv"
    line = refused(*argv_of(command, name))
    assert name in line or command == "promote"


@pytest.mark.parametrize("command", COMMANDS)
def test_flags_that_the_command_does_not_take(command: str, refused: Callable[..., str]) -> None:
    everywhere = {flag for other in COMMANDS for flag in flags_of(other)}
    assert len(everywhere) > 15
    for flag in sorted(everywhere - flags_of(command)):
        line = refused(*argv_of(command, flag), codes=(2,))
        assert flag in line
        assert f"rhetoric {command}: " in line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_flag_that_is_misspelt(command: str, refused: Callable[..., str]) -> None:
    line = refused(*argv_of(command, "--hlep"), codes=(2,))
    assert "--hlep" in line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_setting_that_is_misspelt(command: str, refused: Callable[..., str]) -> None:
    word = SETTING.get(command, "codebok=labels/codebook.yaml")
    line = refused(*argv_of(command, word))
    assert word.partition("=")[0] in line
    assert "did you mean" in line or "takes no settings" in line


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("config",)])
def test_a_setting_that_another_command_takes(command: str, refused: Callable[..., str]) -> None:
    of_others = [
        word
        for word in ("report.title=X", "tune.trials=2", "queue.size=3")
        if word.partition(".")[0] != command.rpartition(" ")[2]
    ]
    for word in of_others[:2]:
        line = refused(*argv_of(command, word), codes=(2,))
        assert word.partition("=")[0] in line


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in MAKES])
def test_a_file_that_is_not_there(command: str, refused: Callable[..., str]) -> None:
    assert "nowhere.json" in refused(*argv_of(command, "nowhere.json"))
    assert "nowhere.json" in refused(*argv_of(command, "./nowhere.json"))
    if command in TAKE_FILES:
        assert "nowhere*.json" in refused(*argv_of(command, "nowhere*.json"))


@pytest.mark.parametrize("command", sorted(READS))
def test_a_file_that_is_cut_off(command: str, refused: Callable[..., str]) -> None:
    name = READS[command]
    given = f"cut/{name if '/' not in name else name.split('/')[0]}"
    line = refused(*argv_of(command, given, *_model(command)))
    assert "cut/" in line


def _model(command: str) -> tuple[str, ...]:
    return ("--model", "build/model") if command in ("score", "recalibrate") else ()


@pytest.mark.parametrize("command", COMMANDS)
def test_words_of_300_characters(command: str, refused: Callable[..., str]) -> None:
    assert "xxx" in refused(*argv_of(command, LONG))
    assert refused(*argv_of(command, f"{LONG}=1"))
    takes_a_word = flags_of(command) & {"-o", "--output", "--model", "--params", "--sheet"}
    for flag in sorted(takes_a_word):
        files = READS.get(command, "")
        words = [files.split("/")[0]] if files and flag != "--params" else []
        beside = [word for word in argv_of(command) if word not in NEEDS.get(command, ())]
        others = _without(list(NEEDS.get(command, ())), flag)
        refused(*beside, *others, *words, flag, LONG)
    if "--coder" in flags_of(command):
        refused(*_without(argv_of(command), "--coder"), "--coder", f"{LONG}/..")


def _without(words: list[str], flag: str) -> list[str]:
    """The words without a flag and its value."""
    same = {"-o", "--output"} if flag in ("-o", "--output") else {flag}
    drop = {i for i, word in enumerate(words) if word in same}
    return [word for i, word in enumerate(words) if i not in drop and i - 1 not in drop]


@pytest.mark.parametrize("command", ["labels stats", "labels diversity", "annotate report"])
def test_labels_that_are_cut_off(
    command: str, refused: Callable[..., str], project: Path, tmp_path: Path
) -> None:
    texts = tmp_path / "texts"
    _cut(project / "labels/texts/weather.jsonl", texts / "weather.jsonl")
    assert "weather.jsonl:" in refused(*argv_of(command, f"label.texts={texts}"))


@pytest.mark.parametrize(
    ("argv", "fragment"),
    [
        # A file that was ignored while labels/ was trained on.
        (["run", "mine.csv"], "rhetoric train mine.csv"),
        # Both ignored, and a training in place of an evaluation.
        (["evaluate", "--model", "build/model", "coded.jsonl", "-m", "seed=5,6"], "-m"),
        (["labels", "check", "mine.csv", "--model", "nowhere", "--stale"], "--model"),
        # A path that nobody typed.
        (["train", "codebook=mien.yaml"], "mien.yaml"),
        (["train", "mine.csv", "codebook=labels/codebok.yaml"], "labels/codebook.yaml"),
        # Files read from -o DIR, so those that were named are not.
        (["segment", "posts.json", "-o", "x"], "-o"),
        (["train", "mine.csv", "-o", "x"], "-o"),
        # A setting that was composed and never read.
        (["score", "posts.json", "-o", "x", "codebook=labels/codebook.yaml"], "codebook"),
        (["ingest", "--params", "whole_params.yaml", "seed=1"], "seed=1"),
        (["ingest", "--params", "whole_params.yaml", "posts.json"], "posts.json"),
        (["ingest", "--params", "whole_params.yaml", "-o", "x"], "-o"),
        (["ingest", "--params", "nowhere.yaml"], "nowhere.yaml"),
        (["train", "--params", "whole_params.yaml", "-m"], "-m"),
        (["train", "train.epoch=2"], "did you mean 'epochs'"),
        (["train", "model=tfdif"], "tfdif"),
        (["train", "~nothing"], "nothing"),
        (["tune", "table.jsonl"], "labelled.files=[table.jsonl]"),
        (["score", "posts.json", "-o", "x", "--model", "nowhere"], "nowhere"),
        (["score", "posts.json", "-o", "x", "--modle", "build/model"], "--model"),
        (["score", "post.json", "-o", "x"], "did you mean 'posts.json'"),
        (["score", "-o", "x"], "FILE"),
        (["score", "posts.json"], "-o"),
        (["score", "--check"], "FILE"),
        (["score", "cut/posts.json", "--check"], "truncated"),
        (["score", "posts.json", "-o"], "-o"),
        (["score", "posts.json", "-o", "a", "-o", "b"], "-o"),
        (["score", "posts.json", "-o", "x", "--restart", "--update"], "--update"),
        (["scor", "posts.json"], "did you mean 'score'"),
        (["labels", "chek"], "did you mean 'check'"),
        (["annotate", "imprt", "x"], "did you mean 'import'"),
        (["annotate", "studio", "psh"], "did you mean 'push'"),
        (["labels"], "which of"),
        (["annotate", "studio"], "which of"),
        (["init", "labels"], "not empty"),
        (["init", "new", "other"], "takes one FOLDER"),
        (["init", "new", "--from", "our"], "did you mean 'ours'"),
        (["codebook", "chek"], "did you mean 'check'"),
        (["codebook", "diff", "labels/codebook.yaml"], "two codebooks are needed"),
        (["annotate", "export", "--as", "pgae", "--coder", "a", "-o", "x.html"], "page"),
        (["annotate", "export", "--as", "page", "--coder", "a", "-o", "x.csv"], ".html"),
        (["annotate", "queue", "-o", "q.jsonl", "--limit", "0"], "--limit"),
        (["annotate", "queue", "-o", "q.jsonl", "--limit", "many"], "--limit"),
        (["annotate", "import", "answers.jsonl", "--coder", "one"], "--coder"),
        (["annotate", "import", "answers.jsonl", "--sheet", "mine.csv"], "--sheet"),
        (["compare", "result", LONG], "too long"),
        (["promote", "result", "--reason", " "], "--reason"),
        (["evaluate", "--model", "build/model"], "FILE"),
        (["annotate", "export", "--as", "coded", "--open", "-o", "c.jsonl"], "--open"),
        (["annotate", "export", "--as", "page", "-o", "a.html"], "--coder is missing"),
        (["annotate", "audit", "scored", "--coder", "one", "--sample", "s.json"], "leave one out"),
        (["annotate", "audit", "--sample", "s.json"], "SCORED or --coder"),
        (["--modle"], "--modle"),
        ([LONG], "unknown command"),
        (["-o", "x", "score", "posts.json"], "-o"),
    ],
)  # fmt: skip
def test_what_was_ignored_or_broke(
    argv: list[str], fragment: str, refused: Callable[..., str]
) -> None:
    assert fragment in refused(*argv)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("annotate page --coder a -o a.html", "annotate export --as page"),
        ("annotate sheet --coder a -o a.xlsx posts.json", "annotate export --as sheet"),
        ("labels sheet --coder a -o a.txt", "annotate export --as shorthand"),
        ("labels import --coder a --sheet s.txt answers.jsonl", "annotate import FILE --sheet"),
        ("annotate studio pull answers.jsonl", "annotate import"),
    ],
)
def test_an_old_word_answers_with_the_new_one(
    old: str, new: str, refused: Callable[..., str]
) -> None:
    assert new in refused(*old.split(), codes=(2,))


def test_an_error_of_ours_is_one_line_and_a_file(
    monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]
) -> None:
    from pipeline.campaign import labels

    def broken(*_: object) -> int:
        raise KeyError("no such column")

    monkeypatch.setattr(labels, "check", broken)
    line = refused("labels", "check", codes=(3,))
    assert "please report" in line
    (kept,) = [Path(word.rstrip(".,;)")) for word in line.split() if word.startswith("/")]
    assert "KeyError: 'no such column'" in kept.read_text(encoding="utf-8")
    kept.unlink()


def test_a_disk_that_is_full_is_no_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]
) -> None:
    from pipeline.campaign import labels

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device", "/data/x.parquet")

    monkeypatch.setattr(labels, "check", full)
    assert "/data/x.parquet: No space left on device" in refused("labels", "check", codes=(1,))


def test_a_full_disk_inside_a_library_is_no_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]
) -> None:
    from pipeline.campaign import labels

    def full(*_: object) -> int:
        raise RuntimeError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(labels, "check", full)
    assert "No space left on device; nothing half" in refused("labels", "check", codes=(1,))
