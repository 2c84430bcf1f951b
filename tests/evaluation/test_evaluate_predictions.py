"""The complete evaluation, on passages and answers defined here."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from pipeline.codebook import STANCES, Codebook, parse
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.errors import InputError
from pipeline.evaluation import Evaluation, evaluate_predictions, summary
from pipeline.models.predictions import Predictions

pytestmark = pytest.mark.slow


def codebook(frames: list[str], core: list[str], targets: list[str]) -> Codebook:
    def rule(code: str) -> str:
        return (
            f"  - {{code: {code}, name: {{en: {code.title()}}}, definition: d, "
            f"present_when: [a], not_when: [b], core: {str(code in core).lower()}}}\n"
        )

    text = 'version: "1"\ntitle: t\nunit: u\nframes:\n' + "".join(map(rule, frames))
    if targets:
        text += "targets:\n" + "".join(map(rule, targets))
    return parse(text.encode(), "made up")


def coded(
    book: Codebook,
    answers: list[list[str]],
    languages: list[str] | None = None,
    families: Sequence[str | None] | None = None,
) -> LabeledPassages:
    n = len(answers)
    passages = pl.DataFrame(
        {
            "passage_id": [f"passage{i:04d}" for i in range(n)],
            "post_id": [f"post/{i}" for i in range(n)],
            "text": [f"Text number {i}." for i in range(n)],
            "opening": [""] * n,
            "before": [""] * n,
            "language": languages or ["en"] * n,
            "family": pl.Series(families or [f"family{i}" for i in range(n)], dtype=pl.String),
        }
    )
    table = np.array(answers, object).reshape(n, len(book.questions))
    soft = np.zeros((n, len(book.outputs)), np.float32)
    asked = np.zeros(soft.shape, np.bool_)
    for i, question in enumerate(book.questions):
        columns = book.columns_of(question)
        for row, answer in enumerate(table[:, i]):
            asked[row, columns] = answer not in ("", "contested")
            shares = [float(answer == stance) for stance in STANCES]
            half = {"present": 1.0, "borderline": 0.5}.get(answer, 0.0)
            soft[row, columns] = shares if question.is_stance else [half]
    return LabeledPassages(passages, soft, asked, table)


def said(
    book: Codebook, probabilities: list[list[float]], decisions: list[list[str]]
) -> Predictions:
    return Predictions(
        np.array(probabilities, np.float32).reshape(-1, len(book.outputs)),
        np.array(decisions, object).reshape(-1, len(book.questions)),
    )


def evaluated(answers: Predictions, passages: LabeledPassages, book: Codebook) -> Evaluation:
    return evaluate_predictions(
        answers, passages, book, samples=50, confidence=0.9, rng=np.random.default_rng(3)
    )


BOOK = codebook(["alpha", "beta"], ["alpha"], ["west", "east"])
# alpha, beta, stance toward west, stance toward east.
CODED = [
    ["present", "absent", "against", "absent"],
    ["present", "borderline", "favour", "contested"],
    ["absent", "present", "absent", ""],
    ["borderline", "", "neutral", "favour"],
]
DECIDED = [
    ["present", "present", "against", "absent"],
    ["absent", "present", "against", "against"],
    ["absent", "present", "absent", "against"],
    ["present", "present", "favour", "favour"],
]
# Outputs: alpha, beta, west (against, neutral, favour), east (the same).
PROBABILITIES = [
    [0.9, 0.6, 0.8, 0.0, 0.0, 0.0, 0.0, 0.1],
    [0.2, 0.7, 0.6, 0.0, 0.3, 0.9, 0.0, 0.0],
    [0.1, 0.8, 0.1, 0.0, 0.0, 0.9, 0.0, 0.0],
    [0.7, 0.9, 0.0, 0.3, 0.7, 0.0, 0.0, 0.9],
]


def small() -> Evaluation:
    languages = ["en", "en", "ru", "ru"]
    return evaluated(said(BOOK, PROBABILITIES, DECIDED), coded(BOOK, CODED, languages), BOOK)


def test_frame_metrics_leave_out_borderline_and_unasked_cells_and_report_variants() -> None:
    overall = small().metrics["overall"]
    # alpha, row 3 left out: one hit, one miss → P 1, R 1/2, F1 2/3; ranks 0.9 ✓, 0.2 ✓, 0.1 → AP 1.
    alpha = overall["frames"]["alpha"]
    assert (alpha["precision"], alpha["recall"]) == (1.0, 0.5)
    assert alpha["f1"] == pytest.approx(2 / 3)
    assert alpha["average_precision"] == 1.0
    assert alpha["support"] == {"present": 2, "borderline": 1, "absent": 1, "said_present": 2}
    # beta, row 1 borderline and row 3 not asked: a hit and a false alarm → P 1/2, R 1, F1 2/3.
    beta = overall["frames"]["beta"]
    assert (beta["precision"], beta["recall"]) == (0.5, 1.0)
    assert overall["f1_macro"] == pytest.approx(2 / 3)
    assert overall["f1_core"] == pytest.approx(2 / 3)
    # Pooled: two hits, one false alarm, one miss → 4 / 6.
    assert overall["f1_micro"] == pytest.approx(4 / 6)
    # As present: alpha gains a hit (2·2/(4+1) = 4/5), so does beta (2·2/(4+1)); as absent each
    # gains a false alarm: 2/(2+1+1) = 1/2 and 2/(2+2) = 1/2.
    assert overall["borderline_as_present"]["f1_macro"] == pytest.approx(0.8)
    assert overall["borderline_as_absent"]["f1_macro"] == pytest.approx(0.5)


def test_stance_f1_is_the_mean_of_the_poles_over_all_asked_and_settled_cells() -> None:
    overall = small().metrics["overall"]
    # Cells: west ×4 and east rows 0 and 3. Against: a hit, a false alarm → 2/3.
    # Favour: east row 3 a hit; west row 1 missed, west row 3 a false alarm → 2/(2+1+1) = 1/2.
    assert overall["stance_f1_against"] == pytest.approx(2 / 3)
    assert overall["stance_f1_favour"] == pytest.approx(1 / 2)
    assert overall["stance_f1"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    # East by itself has no against: the mean is over what can be judged.
    east = overall["targets"]["east"]
    assert east["f1_against"] is None
    assert east["f1"] == east["f1_favour"] == 1.0
    assert east["support"] == {"against": 0, "neutral": 0, "favour": 1, "absent": 1}


def test_calibration_uses_only_settled_cells() -> None:
    overall = small().metrics["overall"]
    # alpha rows 0, 1, 2 (0.9 ✓, 0.2 ✓, 0.1 ✗) and beta rows 0, 2 (0.6 ✗, 0.8 ✓):
    # squares 0.01, 0.64, 0.01, 0.36, 0.04 → 1.06 / 5.
    assert overall["brier"] == pytest.approx(1.06 / 5, rel=1e-5)
    # Five cells in five bins: gaps 0.1, 0.8, 0.1, 0.6, 0.2 → 1.8 / 5.
    assert overall["calibration_error"] == pytest.approx(1.8 / 5, rel=1e-5)


def test_languages_are_evaluated_separately_and_metrics_without_positives_are_undefined() -> None:
    by_language = small().metrics["by_language"]
    assert list(by_language) == ["en", "ru"]
    russian = by_language["ru"]
    assert russian["passages"] == 2
    assert russian["frames"]["alpha"]["f1"] is None
    assert russian["f1_core"] is None
    assert russian["f1_macro"] == russian["frames"]["beta"]["f1"] == 1.0


def test_metrics_are_json_with_domain_and_intervals() -> None:
    metrics = small().metrics
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert metrics["domain"] == "in-domain"
    interval = metrics["overall"]["f1_macro_interval"]
    assert 0 <= interval["low"] <= metrics["overall"]["f1_macro"] <= interval["high"] <= 1


def test_predictions_have_a_row_for_every_asked_question() -> None:
    table = small().predictions
    # 16 cells, two of them not asked.
    assert table.height == 14
    row = table.row(by_predicate=(pl.col("answer") == "contested"), named=True)
    assert (row["question"], row["decision"]) == ("stance:east", "against")
    assert row["probabilities"] == pytest.approx([0.9, 0.0, 0.0])


def test_mistakes_are_sorted_by_confidence_with_text_and_the_coders_shares() -> None:
    mistakes = small().mistakes
    # Alpha row 1 was missed at 0.2, beta row 0 is a false alarm at 0.6; west: against for favour
    # at 0.6, favour for neutral at 0.7. Borderline and contested cells are not mistakes.
    found: list[tuple[Any, ...]] = [(m.question, m.said, m.answer, m.confidence) for m in mistakes]
    assert found[:2] == [
        ("alpha", "absent", "present", pytest.approx(0.8)),
        ("stance:west", "favour", "neutral", pytest.approx(0.7)),
    ]
    assert sorted(found[2:]) == [
        ("beta", "present", "absent", pytest.approx(0.6)),
        ("stance:west", "against", "favour", pytest.approx(0.6)),
    ]
    assert mistakes[1].coders == [0.0, 1.0, 0.0]
    assert (mistakes[1].text, mistakes[1].post_id) == ("Text number 3.", "post/3")


def test_a_codebook_without_stance_and_core_frames_has_no_metrics_for_them(tmp_path: Path) -> None:
    book = codebook(["alpha"], [], [])
    result = evaluated(said(book, [[0.9]], [["present"]]), coded(book, [["present"]]), book)
    overall = result.metrics["overall"]
    assert overall["f1_macro"] == 1.0
    assert not [key for key in overall if "core" in key or "stance" in key or "target" in key]
    # A single family cannot vary.
    assert not [key for key in overall if key.endswith("interval")]
    assert "Stance" not in summary(result.metrics)
    figures = write(result, tmp_path)
    assert not list(figures.glob("stance*"))
    assert (figures / "precision_recall.png").stat().st_size > 1000


def write(result: Evaluation, folder: Path) -> Path:
    result.write(
        metrics=folder / "metrics.json",
        main_metrics=folder / "main_metrics.json",
        predictions=folder / "predictions.parquet",
        slices=folder / "slices.parquet",
        figures=folder / "figures",
        mistakes=folder / "mistakes.jsonl",
    )
    return folder / "figures"


def test_all_outputs_are_written_and_figures_that_do_not_apply_are_removed(tmp_path: Path) -> None:
    result = small()
    figures = write(result, tmp_path)
    names = [
        "precision_recall",
        "frame_confusion",
        "stance_confusion",
        "reliability",
        "f1_by_language",
        "threshold_cost",
        "errors_ranked",
    ]
    expected = {f"{name}.{kind}" for name in names for kind in ("png", "svg")} | {"mistakes.html"}
    assert {path.name for path in figures.iterdir()} == expected
    assert "in-domain" in (figures / "frame_confusion.svg").read_text(encoding="utf-8")
    assert (figures / "reliability.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "metrics.json").read_text()) == result.metrics
    assert pl.read_parquet(tmp_path / "predictions.parquet").equals(result.predictions)
    slices = pl.read_parquet(tmp_path / "slices.parquet")
    assert slices.filter(dimension="language")["part"].to_list() == ["en", "en", "ru", "ru"]
    page = (figures / "mistakes.html").read_text(encoding="utf-8")
    assert "Text number 3." in page
    assert "coders: neutral (neutral 100%)" in page
    lines = (tmp_path / "mistakes.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [asdict(m) for m in result.mistakes]


def test_the_summary_shows_all_passages_and_both_languages_side_by_side() -> None:
    text = summary(small().metrics)
    assert "in-domain" in text
    assert "90% bootstrap intervals" in text
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    header = next(row for row in rows if row[0] == "Frame")
    assert header == ["Frame", "P", "R", "F1", "AP", "n", "English F1 (n)", "Russian F1 (n)"]
    alpha = next(row for row in rows if row[0] == "alpha")
    assert alpha[1:3] == ["1.00", "0.50"]
    # Two passages have alpha, too few for an interval. The macro F1 has one.
    assert alpha[3] == "0.67"
    assert next(row for row in rows if row[0] == "Macro F1")[1].startswith("0.67 [")
    assert alpha[-1] == "– (0)"
    assert {len(row) for row in rows if row[0] in BOOK.frame_codes} == {len(header)}


def test_nothing_coded_is_refused() -> None:
    with pytest.raises(InputError, match="no coded passage"):
        evaluated(said(BOOK, [], []), coded(BOOK, []), BOOK)
    with pytest.raises(InputError, match="1 answers for 4 coded passages"):
        evaluated(said(BOOK, PROBABILITIES[:1], DECIDED[:1]), coded(BOOK, CODED), BOOK)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            *[st.sampled_from(["present", "absent", "borderline", ""])] * 2,
            *[st.sampled_from([*STANCES, "absent", "contested"])] * 2,
            *[st.sampled_from(["present", "absent"])] * 2,
            *[st.sampled_from([*STANCES, "absent"])] * 2,
        ),
        min_size=1,
        max_size=25,
    )
)
def test_metrics_of_any_answers_equal_those_of_scikit_learn(rows: list[tuple[str, ...]]) -> None:
    truth = [list(row[:4]) for row in rows]
    decided = [list(row[4:]) for row in rows]
    answers = said(BOOK, [[0.5] * len(BOOK.outputs)] * len(rows), decided)
    overall: dict[str, Any] = evaluated(answers, coded(BOOK, truth), BOOK).metrics["overall"]
    f1s = []
    for i, code in enumerate(BOOK.frame_codes):
        pairs = [(t[i], d[i]) for t, d in zip(truth, decided, strict=True)]
        settled = [(t == "present", d == "present") for t, d in pairs if t in ("present", "absent")]
        if any(t for t, _ in settled):
            f1s.append(f1_score(*zip(*settled, strict=True), zero_division=0))
            assert overall["frames"][code]["f1"] == pytest.approx(f1s[-1])
        else:
            assert overall["frames"][code]["f1"] is None
    if f1s:
        assert overall["f1_macro"] == pytest.approx(np.mean(f1s))
    cells = [(t[i], d[i]) for t, d in zip(truth, decided, strict=True) for i in (2, 3)]
    cells = [(t, d) for t, d in cells if t != "contested"]
    for pole in ("against", "favour"):
        if any(t == pole for t, _ in cells):
            of_pole = f1_score([t == pole for t, _ in cells], [d == pole for _, d in cells])
            assert overall[f"stance_f1_{pole}"] == pytest.approx(of_pole)


def test_families_and_not_passages_are_resampled() -> None:
    # Ten copies of each passage in one family: the interval equals that of single passages.
    rng = np.random.default_rng(0)
    book = codebook(["alpha"], [], [])
    truth = [[word] for word in rng.choice(["present", "absent"], 30)]
    decided = [[word] for word in rng.choice(["present", "absent"], 30)]
    once = evaluated(said(book, [[0.5]] * 30, decided), coded(book, truth), book)
    families = [f"family{i}" for i in range(30)] * 10
    copies = evaluated(
        said(book, [[0.5]] * 300, decided * 10), coded(book, truth * 10, families=families), book
    )
    assert copies.metrics["overall"]["families"] == 30
    assert copies.metrics["overall"]["f1_macro_interval"] == pytest.approx(
        once.metrics["overall"]["f1_macro_interval"]
    )


def test_a_thousand_resamples_of_six_hundred_passages_take_seconds() -> None:
    rng = np.random.default_rng(0)
    book = codebook([f"f{i}" for i in range(8)], ["f0"], [f"t{i}" for i in range(9)])
    truth = np.concatenate(
        [rng.choice(["present", "absent"], (600, 8)), rng.choice([*STANCES, "absent"], (600, 9))],
        axis=1,
    ).astype(object)
    answers = Predictions(rng.random((600, len(book.outputs))).astype(np.float32), truth)
    started = time.process_time()
    evaluate_predictions(
        answers,
        coded(book, truth.tolist()),
        book,
        samples=1000,
        confidence=0.95,
        rng=np.random.default_rng(0),
    )
    assert time.process_time() - started < 10
