from __future__ import annotations

import random
from datetime import UTC, datetime

import polars as pl
import pytest

from pipeline.annotation import store
from pipeline.annotation.lines import Line
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from tests.annotation.conftest import LabelsFolder


def read(labels: LabelsFolder, codebook: Codebook) -> pl.DataFrame:
    return store.read(
        texts=labels.texts, annotations=labels.annotations, coders=labels.coders, codebook=codebook
    )


def answers(table: pl.DataFrame, coder: str) -> dict[str, str]:
    own = table.filter(coder=coder)
    return dict(zip(own["question"], own["answer"], strict=True))


def test_every_question_asked_is_a_row_and_what_is_not_named_is_absent(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    key = labels.write_text("It rained.")
    labels.write_answers("anna", key, {"rain": "present"})
    labels.write_answers("boris", key, {"stance:town": "favour"}, asked=["stance:town"])
    table = read(labels, small_codebook)
    assert answers(table, "anna") == {"rain": "present", "wind": "absent", "stance:town": "absent"}
    assert answers(table, "boris") == {"stance:town": "favour"}


def test_what_was_said_beside_the_answer_is_kept(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    key = labels.write_text("It rained.")
    labels.write_answers(
        "anna", key, {"rain": "present"}, asked=["rain", "wind"], note="sure",
        evidence={"rain": "rained"}, coded_at="2026-11-24T10:00:00+03:00", source="page",
    )  # fmt: skip
    rain, wind = read(labels, small_codebook).rows(named=True)
    assert rain["coded_at"] == datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert (rain["note"], rain["source"], rain["evidence"]) == ("sure", "page", "rained")
    assert wind["evidence"] is None


def test_a_later_answer_takes_the_place_of_those_it_supersedes_question_by_question(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    key = labels.write_text("It rained.")
    first = Line(key, {"rain": "present", "wind": "present"}, "1")
    second = Line(key, {"rain": "borderline"}, "1", asked=("rain",), supersedes=(first.digest,))
    third = Line(key, {}, "1", asked=("rain",), supersedes=(second.digest,))
    for line in (third, first, second):  # the order in the file does not matter
        labels.append(labels.annotations / "anna.jsonl", line.to_json())
    table = read(labels, small_codebook)
    assert answers(table, "anna") == {"rain": "absent", "wind": "present", "stance:town": "absent"}
    assert table.filter(question="rain")["supersedes"].to_list() == [second.digest]
    assert table.filter(question="wind")["supersedes"].to_list() == [None]


def test_the_order_of_lines_and_files_does_not_matter(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    keys = [labels.write_text(f"Passage {i}.") for i in range(20)]
    rng = random.Random(3)
    lines = [Line(key, {"rain": rng.choice(["present", "borderline"])}, "1") for key in keys]
    tables = []
    for _ in range(2):
        rng.shuffle(lines)
        path = labels.annotations / "anna.jsonl"
        path.write_text("".join(line.to_json() + "\n" for line in lines))
        tables.append(read(labels, small_codebook))
    assert tables[0].equals(tables[1])
    assert tables[0].height == 60


def test_mistakes_are_refused_the_first_ten_shown_and_the_others_counted(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    for i in range(13):
        labels.write_answers("anna", f"{i:016x}", {"rain": "presnt"})
    with pytest.raises(InputError) as caught:
        read(labels, small_codebook)
    shown = str(caught.value).splitlines()
    assert len(shown) == 11
    assert shown[9].endswith(
        "anna.jsonl:10: rain: unknown answer 'presnt'; did you mean 'present'?"
    )
    assert shown[10] == "and 3 more; `rhetoric labels check` shows all"


def test_warnings_stop_nobody(labels: LabelsFolder, small_codebook: Codebook) -> None:
    key = labels.write_text("Short.", text="Short.")
    labels.write_answers("anna", key, {})
    assert read(labels, small_codebook).height == 3


def test_nothing_coded_is_an_empty_table(labels: LabelsFolder, small_codebook: Codebook) -> None:
    table = read(labels, small_codebook)
    assert table.is_empty()
    assert table.schema["coded_at"] == pl.Datetime("us", "UTC")


def test_texts_come_sorted_with_null_where_there_is_no_group(labels: LabelsFolder) -> None:
    keys = [labels.write_text("It rained.", group=""), labels.write_text("It snowed.", group="g1")]
    table = store.read_texts(labels.texts)
    assert table["passage_id"].to_list() == sorted(keys)
    assert dict(table.select("passage_id", "group").iter_rows()) == {keys[0]: None, keys[1]: "g1"}
    assert table.columns == ["passage_id", "text", "opening", "before", "language", "voice",
                             "genre", "group", "post", "position"]  # fmt: skip


def test_damaged_texts_are_refused(labels: LabelsFolder) -> None:
    labels.write_text("It rained.", passage_id="0" * 16)
    with pytest.raises(
        InputError, match=r"one\.jsonl:1: passage_id '0000000000000000' does not match"
    ):
        store.read_texts(labels.texts)
