from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml

from pipeline.annotation import coders, export, store
from pipeline.annotation.adjudication import majority
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from tests.annotation.conftest import LabelsFolder


@pytest.fixture
def exported(labels: LabelsFolder, small_codebook: Codebook, tmp_path: Path) -> Path:
    """A dataset of a train and a test passage; a third is left out, dev is empty."""
    keys = [labels.write_text(f"Passage {i}.") for i in range(3)]
    labels.write_answers("anna", keys[0], {"rain": "present", "stance:town": "favour"})
    labels.write_answers("boris", keys[0], {"rain": "present", "stance:town": "against"})
    labels.write_answers("anna", keys[1], {"wind": "borderline"}, asked=["wind"])
    labels.write_answers("anna", keys[2], {})
    save(labels, small_codebook, tmp_path / "dataset", keys)
    return tmp_path / "dataset"


def save(labels: LabelsFolder, codebook: Codebook, folder: Path, keys: list[str]) -> None:
    folds = pl.DataFrame(
        {"passage_id": keys, "fold": ["train", "test", "left_out"][: len(keys)]},
        schema={"passage_id": pl.String, "fold": pl.Enum(["train", "dev", "test", "left_out"])},
    )
    checked = labels.check(codebook)
    sizes = export.save(
        folder,
        texts=store.read_texts(labels.texts),
        labels=majority(store.table(checked.lines, codebook), codebook),
        folds=folds,
        codebook=codebook,
        coders=coders.read(labels.coders),
    )
    assert sizes == {"train": 1, "dev": 0, "test": 1}


def test_the_dataset_loads_with_its_folds_answers_and_soft_labels(exported: Path) -> None:
    from datasets import load_from_disk

    dataset = load_from_disk(str(exported))
    assert {fold: len(dataset[fold]) for fold in dataset} == {"train": 1, "test": 1}
    row = dataset["train"][0]
    assert row["text"].startswith("Passage 0.")
    assert (row["frame_rain"], row["frame_wind"], row["stance_town"]) == (
        "present", "absent", "contested"
    )  # fmt: skip
    # rain, wind, then town against, neutral, favour; the contested town is not to be learnt.
    assert row["soft"] == [1.0, 0.0, 0.5, 0.0, 0.5]
    assert row["asked"] == [True, True, False, False, False]
    row = dataset["test"][0]
    assert (row["frame_rain"], row["frame_wind"], row["stance_town"]) == (None, "borderline", None)
    assert row["soft"] == [0.0, 0.5, 0.0, 0.0, 0.0]
    assert row["asked"] == [False, True, False, False, False]


def test_the_card_says_what_the_data_is(exported: Path) -> None:
    card = (exported / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---")[1])
    assert head["language"] == ["en"]
    assert head["license"] == "apache-2.0"
    assert "The texts are synthetic: language models wrote them" in card
    assert "They were coded by 2 language models. No person coded them." in card
    assert "2 passages, each a paragraph" in card
    assert "| train |        1 |     1 |      1 |" in card
    # Answers of both exported passages: rain is asked of one, wind of two.
    assert "| rain     |       1 |          0 |      0 |         0 |" in card
    assert "| wind     |       0 |          1 |      1 |         0 |" in card
    assert "| town     |       0 |       0 |      0 |      0 |         1 |" in card


def test_people_among_the_coders_are_named_as_such(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    labels.coders.write_text(
        "anna: {kind: person, description: x}\nboris: {kind: rule, description: y}\n"
    )
    rows = export.table(
        store.read_texts(labels.texts),
        majority(store.table({}, small_codebook), small_codebook),
        pl.DataFrame(schema={"passage_id": pl.String, "fold": pl.String}),
        small_codebook,
    )
    card = export.card(rows, small_codebook, coders.read(labels.coders), "Found in the street.")
    assert "Found in the street. They were coded by 1 person and 1 rule.\n" in card


def test_a_folder_with_something_in_it_is_refused(
    labels: LabelsFolder, small_codebook: Codebook, tmp_path: Path
) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="full: not empty"):
        save(labels, small_codebook, folder, [])
    assert [p.name for p in folder.iterdir()] == ["thesis.txt"]


def test_nothing_to_export_is_refused(
    labels: LabelsFolder, small_codebook: Codebook, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no labelled passage is in a fold"):
        save(labels, small_codebook, tmp_path / "dataset", [])
    assert not (tmp_path / "dataset").exists()


def test_nothing_but_the_dataset_is_left_behind(exported: Path) -> None:
    assert sorted(p.name for p in exported.iterdir()) == [
        "README.md", "dataset_dict.json", "test", "train"
    ]  # fmt: skip
    assert [p.name for p in exported.parent.iterdir() if p.name.startswith(".")] == []
