"""What `labels export` and the `datasets` library write is read back as a labelled table."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.annotation import export
from pipeline.annotation.adjudication import majority
from pipeline.codebook import Codebook
from pipeline.config import compose
from pipeline.config.components import table_files
from pipeline.datasets.table import LabeledTable, Layout, read, saved_dataset
from pipeline.errors import InputError
from pipeline.tables import Annotations
from pipeline.text.passage_id import passage_id

RAIN, WIND, DRY = "Rain fell over the harbour.", "Wind blew from the hills.", "Nothing happened."
KEYS = [passage_id(text) for text in (RAIN, WIND, DRY)]


@pytest.fixture
def labels(small_codebook: Codebook) -> pl.DataFrame:
    """Three coders of RAIN: one of them finds no rain. Two of WIND, who disagree about wind."""
    answers = [
        (KEYS[0], "anna", "rain", "present"), (KEYS[0], "boris", "rain", "present"),
        (KEYS[0], "clara", "rain", "absent"), (KEYS[0], "anna", "stance:town", "favour"),
        (KEYS[1], "anna", "wind", "present"), (KEYS[1], "boris", "wind", "absent"),
        (KEYS[1], "anna", "rain", "borderline"), (KEYS[2], "anna", "wind", "absent"),
    ]  # fmt: skip
    columns = ["passage_id", "coder", "question", "answer"]
    rows = pl.DataFrame(answers, schema=columns, orient="row")
    schema = Annotations.create_empty().schema
    missing = [pl.lit(None, schema[name]).alias(name) for name in schema if name not in columns]
    table = rows.with_columns(missing).with_columns(codebook_version=pl.lit("1.0"))
    return majority(Annotations.validate(table.select(list(schema))), small_codebook)


@pytest.fixture
def exported(labels: pl.DataFrame, small_codebook: Codebook, tmp_path: Path) -> Path:
    texts = pl.DataFrame(
        {
            "passage_id": KEYS, "text": [RAIN, WIND, DRY], "opening": "", "before": "",
            "language": "en", "post": ["a", "b", "c"], "voice": "v",
        }
    )  # fmt: skip
    folds = pl.DataFrame({"passage_id": KEYS, "fold": ["train", "dev", "test"]})
    export.save(
        tmp_path / "dataset", texts=texts, labels=labels, folds=folds, codebook=small_codebook,
        coders={},
    )  # fmt: skip
    return tmp_path / "dataset"


def table_of(folder: Path, codebook: Codebook) -> LabeledTable:
    settings = compose([f"labelled.files=['{folder}']"]).labelled
    return read(table_files(settings), Layout(), codebook)


@pytest.mark.slow
def test_an_export_is_read_back_with_its_folds_answers_and_shares(
    exported: Path, labels: pl.DataFrame, small_codebook: Codebook
) -> None:
    table = table_of(exported, small_codebook)
    folds = dict(table.passages.select("passage_id", "fold").iter_rows())
    assert folds == dict(zip(KEYS, ["train", "dev", "test"], strict=True))
    again = table.with_shares(majority(table.answers, small_codebook))
    # A contested question is not trained on or evaluated, in the export as before.
    settled = labels.filter(pl.col("answer") != "contested").drop("coders")
    assert settled.height == 4
    assert again.drop("coders").rows() == settled.rows()
    (rain,) = again.filter(passage_id=KEYS[0], question="rain")["soft"].to_list()
    assert rain == pytest.approx([2 / 3])


@pytest.mark.slow
def test_a_dataset_with_folds_is_no_single_fold(exported: Path) -> None:
    with pytest.raises(InputError, match=r"labelled\.train: .*has folds of its own"):
        table_files(compose([f"labelled.train=['{exported}']"]).labelled)
    one = table_files(compose([f"labelled.train=['{exported}/train']"]).labelled)
    assert [path.parent for path in one["train"]] == [exported / "train"]


def test_a_folder_of_another_kind_is_no_dataset(tmp_path: Path) -> None:
    assert saved_dataset(tmp_path) is None
    (tmp_path / "state.json").write_text('{"_data_files": [{"filename": "../data.arrow"}]}')
    with pytest.raises(InputError, match=r"data\.arrow: missing, but listed in state\.json"):
        saved_dataset(tmp_path)
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(InputError, match="lists no data files"):
        saved_dataset(tmp_path)


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_arrow_files_are_tables(kind: str, tmp_path: Path, small_codebook: Codebook) -> None:
    path = tmp_path / "t.arrow"
    rows = pl.DataFrame({"text": [RAIN, DRY], "rain": [True, False]})
    if kind == "file":
        rows.write_ipc(path)
    else:
        rows.write_ipc_stream(path)
    table = read({None: [path]}, Layout(), small_codebook)
    assert dict(table.answers.select("passage_id", "answer").iter_rows()) == {
        KEYS[0]: "present", KEYS[2]: "absent",
    }  # fmt: skip
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError, match=r"t\.arrow: not a readable Arrow file"):
        read({None: [path]}, Layout(), small_codebook)


def test_a_number_between_zero_and_one_is_the_share_who_found_the_frame(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"text,rain,wind\n{RAIN},0.33,0.67\n{WIND},.5,1\n{WIND},0.9,0\n")
    table = read({None: [path]}, Layout(), small_codebook)
    labels = table.with_shares(majority(table.answers, small_codebook))
    found = {(key, q): (a, s) for key, q, a, s, _ in labels.iter_rows()}
    assert found[KEYS[0], "rain"] == ("absent", [0.33])
    assert found[KEYS[0], "wind"] == ("present", [0.67])
    # Two rows of one passage: the mean of .5 and .9; without shares, that of the answers.
    assert found[KEYS[1], "rain"][1] == pytest.approx([0.7])
    assert found[KEYS[1], "wind"] == ("contested", [0.5])


def test_a_share_is_no_answer_about_a_stance(tmp_path: Path, small_codebook: Codebook) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"text,stance_town\n{RAIN},0.33\n")
    with pytest.raises(InputError, match=r"row 1: stance:town: unknown answer '0\.33'"):
        read({None: [path]}, Layout(), small_codebook)
