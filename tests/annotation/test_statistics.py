from __future__ import annotations

import polars as pl

from pipeline.annotation import coders, statistics, store
from pipeline.codebook import Codebook
from tests.annotation.conftest import LabelsFolder


def tables(labels: LabelsFolder, codebook: Codebook) -> dict[str, pl.DataFrame]:
    checked = labels.check(codebook)
    assert checked.errors == []
    return statistics.tables(
        store.read_texts(labels.texts),
        store.table(checked.lines, codebook),
        codebook,
        coders.read(labels.coders),
    )


def corpus(labels: LabelsFolder) -> None:
    """Four coded passages, a fifth that is not coded, and one answer about a text not here."""
    rain = labels.write_text("It rained.", group="g", voice="v1")
    wind = labels.write_text("It blew.", group="g", language="ru")
    both = labels.write_text("Both.")
    none = labels.write_text("Nothing.")
    labels.write_text("Not coded.")
    labels.write_answers("anna", rain, {"rain": "present"}, coded_at="2026-11-24T10:00:00Z")
    labels.write_answers("boris", rain, {"rain": "present", "stance:town": "favour"})
    labels.write_answers("anna", wind, {"wind": "borderline", "stance:town": "against"})
    labels.write_answers("anna", both, {"rain": "present", "wind": "present"})
    labels.write_answers("anna", none, {"rain": "cannot_say"})
    labels.write_answers("boris", "f" * 16, {"rain": "present"})


def test_the_overview_counts_passages_once(labels: LabelsFolder, small_codebook: Codebook) -> None:
    corpus(labels)
    overview = dict(tables(labels, small_codebook)["overview"].iter_rows())
    assert overview == {
        "passages": 5,
        "posts": 5,
        "contrast groups": 1,
        "labelled passages": 4,
        "labelled passages without text here": 1,
        "coded by one coder": 4,  # all but the first, the one without text too
        "coded by two": 1,
        "coded by three and more": 0,
        "without a present frame": 2,  # borderline wind, and nothing
        "without anything at all": 1,
        "with a contested answer": 1,  # favour or absent toward the town
        "contested answers": 1,
    }


def test_each_question_counts_its_answers(labels: LabelsFolder, small_codebook: Codebook) -> None:
    corpus(labels)
    found = tables(labels, small_codebook)
    rain, wind = found["frames"].rows(named=True)
    # Five coded passages; one coder could not say whether it rains.
    assert [rain[a] for a in ("present", "borderline", "absent", "contested")] == [3, 0, 1, 0]
    assert rain["share"] == 0.75
    assert [wind[a] for a in ("present", "borderline", "absent", "contested")] == [1, 1, 3, 0]
    (town,) = found["targets"].rows(named=True)
    assert [town[a] for a in ("against", "neutral", "favour", "absent", "contested")] == [
        1, 0, 0, 3, 1
    ]  # fmt: skip
    assert town["units"] == 1


def test_languages_voices_and_coders_are_listed(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    corpus(labels)
    found = tables(labels, small_codebook)
    assert found["languages"].rows() == [("en", 4, 0.8, 3, 2), ("ru", 1, 0.2, 1, 0)]
    assert found["voices"]["voice"].to_list() == ["a_voice", "v1"]
    anna, boris = found["coders"].rows(named=True)
    assert (anna["kind"], anna["passages"], anna["answers"]) == ("language_model", 4, 12)
    assert (anna["cannot_say"], anna["first"], anna["last"]) == (1, "2026-11-24", "2026-11-24")
    assert (boris["passages"], boris["first"]) == (2, None)


def test_statistics_of_nothing_are_tables_too(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    found = tables(labels, small_codebook)
    assert found["frames"]["present"].to_list() == [0, 0]
    assert "## Coders\n\nnone" in statistics.render(found)


def test_rendering_shows_every_table(labels: LabelsFolder, small_codebook: Codebook) -> None:
    corpus(labels)
    page = statistics.render(tables(labels, small_codebook))
    for title in statistics.TITLES.values():
        assert f"## {title}\n\n|" in page
    assert "| rain     |       3 |          0 |      1 |         0 |  0.75 |" in page
