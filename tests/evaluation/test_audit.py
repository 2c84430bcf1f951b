"""A model's answers held against a probability sample of people's."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from benchmarks.audit_coverage import CASES, simulate
from pipeline.annotation.queue.sample import Sample
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.evaluation import survey
from pipeline.evaluation.audit import audit, decisions_of_scores, table
from pipeline.evaluation.survey import Stratum

KEYS = [f"p{i:02d}" for i in range(40)]


def answers(
    question: str, present: set[str], keys: list[str], word: str = "present"
) -> pl.DataFrame:
    rows = [(key, question, word if key in present else "absent") for key in keys]
    schema = {"passage_id": pl.String, "question": pl.String, "answer": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def drawn(keys: list[str], population: int = 40) -> Sample:
    return Sample(population, 1, ("posts",), dict.fromkeys(keys, len(keys) / population))


def test_shares_are_corrected_by_what_the_model_is_off_in_the_sample(
    small_codebook: Codebook,
) -> None:
    # The model says rain of p00 to p19. Of the sample p00 to p19 people say so of p00 to p09 only:
    # it is off by 10 of 20, so 20 of 40 less 10 / 20 is 0.
    said = answers("rain", set(KEYS[:20]), KEYS)
    people = answers("rain", set(KEYS[:10]), KEYS[:20])
    found = audit(said, people, drawn(KEYS[:20]), small_codebook)
    (rain,) = found.outputs
    assert (rain.output, rain.said, rain.coded) == ("rain", 0.5, 20)
    assert rain.corrected.share == 0.0 and rain.people.share == 0.5
    assert found.skipped[:1] == ("wind",) and "stance:town=against" in found.skipped
    assert rain.f1 is not None
    # Where it says yes it is right in 10 of 20; nothing was seen where it says no.
    assert rain.f1.share == pytest.approx(2 * 0.25 / (0.5 + 0.25))
    assert "| rain" in table(found)


def test_a_stance_is_three_shares(small_codebook: Codebook) -> None:
    said = answers("stance:town", set(KEYS[:4]), KEYS, "favour")
    people = answers("stance:town", set(KEYS[:8]), KEYS, "favour")
    found = audit(said, people, drawn(KEYS), small_codebook)
    shares = {row.output: (row.said, row.corrected.share) for row in found.outputs}
    assert shares["stance:town=favour"] == pytest.approx((0.1, 0.2))
    assert shares["stance:town=against"] == (0.0, 0.0)
    # All were coded: nothing is left to chance.
    (favour,) = [row for row in found.outputs if row.output == "stance:town=favour"]
    assert favour.corrected.low == favour.corrected.high == pytest.approx(0.2)
    # Four hits of eight, no false alarm: 2 * 4 / (4 + 8).
    assert favour.f1 is not None and favour.f1.share == pytest.approx(8 / 12)


def test_contested_answers_are_none(small_codebook: Codebook) -> None:
    said = answers("rain", set(), KEYS)
    people = answers("rain", set(KEYS[:5]), KEYS[:20], "contested")
    found = audit(said, people, drawn(KEYS[:20]), small_codebook)
    assert (found.outputs[0].coded, found.without_answer) == (15, 5)


def test_a_sample_of_something_else_is_refused(small_codebook: Codebook) -> None:
    said = answers("rain", set(), KEYS[:30])
    with pytest.raises(InputError, match="10 of 40 passages of the sample have no answer"):
        audit(said, said, drawn(KEYS), small_codebook)
    with pytest.raises(InputError, match="drawn from 40 passages, the model answered 30"):
        audit(said, said, drawn(KEYS[:20]), small_codebook)


def test_what_was_coded_before_counts_for_itself_alone() -> None:
    """Ten passages were all coded and all rain; of thirty others ten were drawn, none rains."""
    inclusion = dict.fromkeys(KEYS[:10], 1.0) | dict.fromkeys(KEYS[10:20], 1 / 3)
    design = survey.strata(inclusion, 40, inclusion)
    assert [(s.size, len(s.answered)) for s in design] == [(30, 10), (10, 10)]
    coded = {key: float(key in KEYS[:10]) for key in inclusion}
    found = survey.by_people(design, coded)
    assert found.share == 0.25  # not 10 of 20
    assert found.low == 0.25 and 0.25 < found.high < 0.5


def test_what_was_drawn_and_not_coded_leaves_the_strata_their_size() -> None:
    inclusion = dict.fromkeys(KEYS[:20], 0.5)
    (stratum,) = survey.strata(inclusion, 40, KEYS[:15])
    assert (stratum.size, len(stratum.answered), stratum.uncoded_share) == (40, 15, 0.625)


def test_a_perfect_model_narrows_and_leaves_an_interval() -> None:
    rng = np.random.default_rng(2)
    y = {key: float(rng.random() < 0.3) for key in KEYS}
    design = [Stratum(4000, tuple(KEYS))]
    people, model = survey.by_people(design, y), survey.corrected(design, y, y, 0.3)
    assert model.share == 0.3 and 0 < model.high - model.low < (people.high - people.low) / 2


def test_scores_are_answers_each_passage_once(small_codebook: Codebook) -> None:
    scores = pl.DataFrame({
        "passage_id": ["a", "a", "b"], "rain": [True, True, False],
        "stance_town": ["favour", "favour", "absent"],
    })  # fmt: skip
    assert decisions_of_scores(scores, small_codebook).rows() == [
        ("a", "rain", "present"), ("b", "rain", "absent"),
        ("a", "stance:town", "favour"), ("b", "stance:town", "absent"),
    ]  # fmt: skip


@pytest.mark.slow
def test_intervals_hold_the_truth_where_the_model_alone_does_not() -> None:
    """A part of the simulation in benchmarks/audit_coverage.py: 200 populations a case. An interval
    that holds in 95% of cases holds in fewer than 90% of 200 with probability 0.002."""
    for case in (CASES[3], CASES[9], CASES[-1]):
        found = simulate(case, 2000, 200, seed=1)
        for way in ("people alone", "corrected", "F1"):
            assert found[way].held / found[way].times >= 0.9, (case, way)
        assert found["the model alone"].held / 200 < 0.5
