"""The whole pipeline through the command line, on a small project with models that train fast."""

import json
from pathlib import Path

import polars as pl
import pytest

from pipeline import stages
from pipeline.config import compose
from pipeline.config.run_folder import Tables
from pipeline.experiments import by_hand
from pipeline.text.passage_id import passage_id
from tests.conftest import Rhetoric

pytestmark = pytest.mark.slow

UNTRACKED = "tracking.enabled=false"
QUICK = ["model=tfidf", "evaluate.bootstrap_samples=20", UNTRACKED]


def only_run(folder: Path) -> Path:
    (found,) = [path for path in (folder / "runs").iterdir() if path.name != "sweeps"]
    return found


def test_a_run_without_dvc_trains_evaluates_and_writes_every_table(
    rhetoric: Rhetoric, tmp_path: Path
) -> None:
    code, out, err = rhetoric("train", *QUICK)
    assert code == 0, err
    assert "Macro F1" in out
    at = Tables(only_run(tmp_path))
    assert at.model.is_dir()
    folds = pl.read_parquet(at.folds)
    assert set(folds["fold"].unique()) == {"train", "dev", "test"}
    # Weather that is named in plain words is easy to learn.
    metrics = json.loads(at.metrics.read_text(encoding="utf-8"))
    assert metrics["domain"] == "in-domain"
    assert (tmp_path / "labels/test_passages.txt").read_text(encoding="utf-8").strip()


def test_the_same_command_reuses_finished_stages(
    rhetoric: Rhetoric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first run freezes the test passages, which are an input of later runs.
    rhetoric("split", *QUICK)
    assert rhetoric("train", *QUICK)[0] == 0
    before = {path.name for path in (tmp_path / "runs").iterdir()}

    def never(config: object) -> None:
        raise AssertionError("a finished stage ran again")

    monkeypatch.setattr(stages, "PIPELINE", dict.fromkeys(stages.PIPELINE, never))
    assert rhetoric("train", *QUICK)[0] == 0
    assert {path.name for path in (tmp_path / "runs").iterdir()} == before


def test_an_interrupted_stage_runs_again(
    rhetoric: Rhetoric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rhetoric("split", *QUICK)

    def interrupted(config: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(stages.PIPELINE, "train", interrupted)
        assert rhetoric("train", *QUICK)[0] == 130
    assert rhetoric("train", *QUICK)[0] == 0


def test_model_settings_give_a_new_run_folder_and_report_settings_do_not(
    rhetoric: Rhetoric,
) -> None:
    plain = by_hand.run_id(compose(QUICK))
    assert by_hand.run_id(compose([*QUICK, "seed=1"])) != plain
    for setting in ("report.title=Another", "runner.workers=4", "queue.size=300", "out=elsewhere"):
        assert by_hand.run_id(compose([*QUICK, setting])) == plain
    annotations = Path("labels/annotations/one.jsonl")
    annotations.write_text(annotations.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert by_hand.run_id(compose(QUICK)) != plain


def test_a_sweep_runs_every_combination(rhetoric: Rhetoric, tmp_path: Path) -> None:
    rhetoric("split", *QUICK)
    before = len(list((tmp_path / "runs").iterdir()))
    code, out, err = rhetoric("train", "-m", "model=tfidf,lexicon", "seed=1,2", *QUICK[1:])
    assert code == 0, err
    (row,) = [line for line in out.splitlines() if line.startswith("| model=lexicon")]
    assert row.split("|")[2].strip() == "2"
    (command,) = [line for line in out.splitlines() if line.startswith("compare with:")]
    words = command.split()[2:]
    assert [word.partition("=")[0] for word in words[2:]] == ["tfidf", "lexicon"]
    assert all(Path(run).is_dir() for run in words[2].partition("=")[2].split(","))
    made = [path for path in (tmp_path / "runs").iterdir() if (path / "metrics.json").exists()]
    assert len(made) == 4
    assert (
        len(list((tmp_path / "runs").iterdir())) == before + 4 + 1
    )  # plus the folder of the sweep


def test_new_posts_are_scored_and_reported(rhetoric: Rhetoric, tmp_path: Path) -> None:
    rhetoric("train", *QUICK)
    posts = tmp_path / "posts (1).jsonl"
    rows = [
        {"id": "p1", "text": "Heavy rain fell over the harbour until the night, and then it fell."},
        {"id": "p2", "text": "The museum opens at nine on weekdays and closes at five in summer."},
    ]
    posts.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, out, err = rhetoric("score", str(posts), "-o", "scored (1)", UNTRACKED)
    assert code == 0, err
    assert "score: by runs/" in err
    assert "(codebook: A small codebook for tests, 1)" in err
    scores = pl.read_parquet(tmp_path / "scored (1)/scores/*.parquet").sort("post_id")
    assert scores["post_id"].to_list() == ["p1", "p2"]
    assert scores["rain"].to_list() == [True, False]
    code, out, err = rhetoric("report", "scored (1)")
    assert code == 0, err
    assert (tmp_path / "scored (1)/report.html").is_file()
    assert "report.html" in out


def test_an_external_coded_file_is_evaluated_and_named_as_the_domain(
    rhetoric: Rhetoric, tmp_path: Path
) -> None:
    rhetoric("train", *QUICK)
    text = "Heavy rain fell over the old harbour until the market closed for the night."
    row = {
        "id": passage_id(text),
        "language": "en",
        "text": text,
        "frames": {"rain": "present", "wind": "absent"},
        "stance": {"town": "absent"},
    }
    (tmp_path / "coded.jsonl").write_text(json.dumps(row), encoding="utf-8")
    model = str(only_run(tmp_path) / "model")
    code, out, err = rhetoric("evaluate", "--model", model, "coded.jsonl", QUICK[1])
    assert code == 0, err
    assert "coded.jsonl" in out


def test_scoring_without_a_model_says_what_to_do(rhetoric: Rhetoric, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"id": "1", "text": "rain"}', encoding="utf-8")
    code, _, err = rhetoric("score", "p.jsonl", "-o", "scored", UNTRACKED)
    assert code == 1
    assert "rhetoric run" in err
    assert not (tmp_path / "scored").exists()


def test_labels_are_exported_to_a_sheet_and_imported_again(
    rhetoric: Rhetoric, tmp_path: Path
) -> None:
    assert rhetoric("labels", "check")[0] == 0
    assert "| passages" in rhetoric("labels", "stats")[1]
    assert "Lengths in characters" in rhetoric("labels", "diversity")[1]
    coders = tmp_path / "labels/coders.yaml"
    entry = {"kind": "person", "description": "a tester"}
    raw = json.loads(coders.read_text(encoding="utf-8")) | {"three": entry}
    coders.write_text(json.dumps(raw), encoding="utf-8")
    export = ("annotate", "export", "--as", "shorthand", "--coder", "three")
    few = rhetoric(*export, "--limit", "5", "-o", "few.txt")
    assert few[1].startswith("few.txt: 5 passages")
    assert rhetoric(*export, "-o", "sheet.txt")[0] == 0
    answers = "".join(f"{n}\n" for n in range(1, 225))
    (tmp_path / "answers.txt").write_text(answers, encoding="utf-8")
    argv = ("annotate", "import", "answers.txt", "--coder", "three", "--sheet", "sheet.txt")
    assert "224 added, 0 already known" in rhetoric(*argv)[1]
    assert "0 added, 224 already known" in rhetoric(*argv)[1]
    assert rhetoric("labels", "check")[0] == 0


def test_the_dataset_is_exported_with_the_folds_of_the_last_run(
    rhetoric: Rhetoric, tmp_path: Path
) -> None:
    assert rhetoric("labels", "export", "-o", "dataset")[0] == 1  # no folds yet
    rhetoric("train", *QUICK)
    (tmp_path / "build").symlink_to(only_run(tmp_path))
    code, out, err = rhetoric("labels", "export", "-o", "dataset")
    assert code == 0, err
    assert (tmp_path / "dataset/README.md").is_file()
    assert "train" in out
