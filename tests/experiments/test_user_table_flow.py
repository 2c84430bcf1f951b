"""A user's codebook and labelled table, through the command line."""

import itertools
import json
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import SMALL_CODEBOOK, Rhetoric
from tests.project import KINDS

pytestmark = pytest.mark.slow

PLACES = ("harbour", "market", "station", "museum", "bridge", "orchard")
QUICK = [
    "codebook=weather.yaml", "model=tfidf", "evaluate.bootstrap_samples=20",
    "tracking.enabled=false",
]  # fmt: skip


@pytest.fixture
def rhetoric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Rhetoric) -> Rhetoric:
    """A folder with a codebook and without this project's ``labels/``."""
    (tmp_path / "weather.yaml").write_bytes(SMALL_CODEBOOK)
    monkeypatch.chdir(tmp_path)
    return typed


def rows() -> list[tuple[str, dict[str, str]]]:
    """120 texts with answers that n-gram models learn easily."""
    return [
        (pattern.format(first, second), answer)
        for (first, second), (pattern, answer) in itertools.product(
            itertools.permutations(PLACES, 2), KINDS
        )
    ]


def write_csv(path: Path, numbers: range, *, header: bool = True) -> None:
    lines = ["text,rain,wind,stance:town,fold"] if header else []
    for number in numbers:
        text, answer = rows()[number]
        cells = [str(int("rain" in answer)), str(int("wind" in answer))]
        cells.append(answer.get("stance:town", "absent"))
        lines.append(",".join([f'"{text}"', *cells, str(number % 3)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_one_table_and_a_codebook_are_enough(rhetoric: Rhetoric, tmp_path: Path) -> None:
    write_csv(tmp_path / "mine (1).csv", range(120))
    code, out, err = rhetoric("train", "mine (1).csv", *QUICK, "labelled.fold=''")
    assert code == 0, err
    assert "Macro F1" in out
    (run,) = (tmp_path / "runs").iterdir()
    folds = pl.read_parquet(run / "folds.parquet")
    assert set(folds["fold"]) == {"train", "dev", "test"}
    assert folds.height == 120
    assert not (tmp_path / "labels").exists()
    posts = tmp_path / "posts.jsonl"
    posts.write_text(json.dumps({"id": "1", "text": rows()[0][0]}), encoding="utf-8")
    assert rhetoric("score", "posts.jsonl", "-o", "scored", "tracking.enabled=false")[0] == 0
    scores = pl.read_parquet(tmp_path / "scored/scores/*.parquet")
    assert scores["rain"].to_list() == [True]


def test_parts_in_a_column_are_cross_validated_and_compared_with_references(
    rhetoric: Rhetoric, tmp_path: Path
) -> None:
    write_csv(tmp_path / "mine.csv", range(120))
    argv = [
        *QUICK, "labelled.files=[mine.csv]", "labelled.parts=[0,1,2]",
        "evaluate.references=[{name: Theirs, f1_micro: 0.5, f1_macro: 0.25}]",
    ]  # fmt: skip
    code, out, err = rhetoric("train", *argv)
    assert code == 0, err
    (run,) = (tmp_path / "runs").iterdir()
    found = json.loads((run / "crossvalidation.json").read_text(encoding="utf-8"))
    assert list(found["parts"]) == ["0", "1", "2"]
    assert [part["passages"] for part in found["parts"].values()] == [40, 40, 40]
    macro = sum(part["f1_macro"] for part in found["parts"].values()) / 3
    assert found["mean"]["f1_macro"] == pytest.approx(macro)
    assert f"| {macro - 0.25:+.3f}".replace(" ", "") in out.replace(" ", "")
    for part in range(3):
        texts = pl.read_parquet(run / f"part-{part}/paragraphs.parquet")
        folds = pl.read_parquet(run / f"part-{part}/folds.parquet").join(texts, "passage_id")
        expected = {text for i, (text, _) in enumerate(rows()) if i % 3 == part}
        assert set(folds.filter(fold="test")["text"]) == expected
        assert folds.filter(fold="dev").height > 0


def test_files_per_fold_and_part_are_read_from_a_folder(rhetoric: Rhetoric, tmp_path: Path) -> None:
    for part in ("a", "b"):
        (tmp_path / "bench" / part).mkdir(parents=True)
        write_csv(tmp_path / "bench" / part / "train.csv", range(80), header=False)
        write_csv(tmp_path / "bench" / part / "test.csv", range(79, 120), header=False)
    argv = [
        *QUICK, "labelled.folder=bench", "labelled.parts=[a,b]",
        "labelled.train=['{part}/train.csv']", "labelled.test=['{part}/test.csv']",
        "labelled.header=[text,rain,wind,stance:town,unused]",
    ]  # fmt: skip
    code, out, err = rhetoric(
        "run", *argv
    )  # DVC only covers labels/, so `run` executes the stages itself
    assert code == 0, err
    assert "mean of 2 parts" in out
    assert "texts in more than one fold: 1" in err
    code, out, err = rhetoric("train", *argv, "labelled.part=a")
    assert code == 0, err
    assert "mean of" not in out


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["labelled.files=[none.csv]"], "none.csv: no such file"),
        (["labelled.parts=[a,a]"], "unique names"),
        (["labelled.part=x", "labelled.parts=[a]"], "labelled.part=x is not in"),
    ],
)
def test_invalid_settings_give_a_one_line_error(
    rhetoric: Rhetoric, tmp_path: Path, settings: list[str], message: str
) -> None:
    code, _, err = rhetoric("train", *QUICK, *settings)
    assert code == 1
    assert message in err
    assert err.count("\n") == 1
