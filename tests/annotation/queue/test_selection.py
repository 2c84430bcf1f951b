"""What to label next: the parts of the mix, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.annotation.queue import Pool, Shares, choose, sample
from pipeline.annotation.queue.candidates import Floats
from pipeline.annotation.queue.disputes import disputes
from pipeline.annotation.queue.selection import missing_examples
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.text.passage_id import passage_id

EVEN = Shares(sample=1, uncertain=1, scarce=1, disputed=1)
SAMPLE = Shares(sample=1, uncertain=0, scarce=0, disputed=0)
UNCERTAIN = Shares(sample=0, uncertain=1, scarce=0, disputed=0)
SCARCE = Shares(sample=0, uncertain=0, scarce=1, disputed=0)


def pool_of(
    texts: Sequence[str],
    probability: Floats | None = None,
    *,
    dispute: Sequence[float] | Floats | None = None,
    done: Sequence[int] = (),
    seed: int = 13,
) -> Pool:
    """Passages in the order given, with three questions nobody knows anything of."""
    n = len(texts)
    marked = np.zeros(n, np.bool_)
    marked[list(done)] = True
    return Pool(
        passages=pl.DataFrame({"passage_id": [passage_id(t) for t in texts], "text": list(texts)}),
        probability=np.zeros((n, 3)) if probability is None else probability,
        dispute=np.array(dispute if dispute is not None else np.zeros(n), np.float64),
        done=marked,
        similarity=0.7,
        seed=seed,
    )


def different(n: int) -> list[str]:
    """Texts without a word in common."""
    return [" ".join(f"{chr(97 + k)}{i}" for k in range(6)) for i in range(n)]


def test_a_queue_is_mixed_by_its_shares() -> None:
    rng = np.random.default_rng(1)
    pool = pool_of(different(200), rng.random((200, 3)), dispute=rng.random(200))
    chosen = choose(pool, EVEN, 40, {0: 5})
    assert chosen.counts() == {"sample": 10, "uncertain": 10, "scarce": 10, "disputed": 10}


def test_shares_become_whole_numbers_that_add_up() -> None:
    assert Shares(sample=0.3, uncertain=0.3, scarce=0.2, disputed=0.2).counts(7) == {
        "sample": 2, "uncertain": 2, "scarce": 2, "disputed": 1
    }  # fmt: skip


@pytest.mark.slow
@settings(max_examples=25)
@given(st.integers(1, 60), st.integers(0, 2**31), st.sets(st.integers(0, 29)))
def test_what_is_done_is_never_asked_and_nothing_twice(
    size: int, seed: int, done: set[int]
) -> None:
    rng = np.random.default_rng(0)
    texts = different(30)
    pool = pool_of(texts, rng.random((30, 3)), dispute=rng.random(30), done=list(done), seed=seed)
    chosen = choose(pool, EVEN, size, {1: 3})
    assert not set(chosen.reasons) & done
    assert len(chosen.reasons) <= min(size, 30 - len(done))
    assert chosen == choose(pool, EVEN, size, {1: 3})


def test_another_seed_draws_another_sample() -> None:
    texts = different(100)
    samples = [set(choose(pool_of(texts, seed=s), SAMPLE, 10, {}).reasons) for s in range(5)]
    assert len({frozenset(rows) for rows in samples}) == 5


def test_every_passage_is_as_likely_to_be_sampled_as_is_written_down() -> None:
    texts = different(20)
    drawn = np.zeros(20)
    for seed in range(800):
        pool = pool_of(texts, done=[0, 1, 2, 3], seed=seed)
        drawn[sample.draw(pool, 4)] += 1
    assert drawn[:4].sum() == 0
    # 4 of the 16 that are not done: 1/4 each, of 800 draws 200 ± 12 (one standard deviation).
    assert np.all(np.abs(drawn[4:] - 200) < 4 * 12.3)
    described = sample.describe(pool, sample.draw(pool, 4), ("a",))
    weights = [1 / p for p in described.inclusion.values()]
    # Four that are done stand for themselves, four that were drawn for four each.
    assert sum(weights) == pytest.approx(20)


def test_the_sample_is_drawn_before_anything_else_bears_on_it() -> None:
    texts = different(60)
    rng = np.random.default_rng(3)
    alone = choose(pool_of(texts), SAMPLE, 10, {}).sample
    mixed = choose(pool_of(texts, rng.random((60, 3)), dispute=rng.random(60)), EVEN, 40, {0: 9})
    assert mixed.sample == alone


def test_a_sample_comes_back_from_its_file(tmp_path: Path) -> None:
    pool = pool_of(different(9), done=[2])
    written = sample.describe(pool, sample.draw(pool, 3), ("posts.csv",))
    assert written.save(tmp_path, "s") == tmp_path / "s.json"
    assert sample.read(tmp_path / "s.json") == written
    (tmp_path / "s.json").write_text('{"population": 3}')
    with pytest.raises(InputError, match="not a sample"):
        sample.read(tmp_path / "s.json")


def test_near_duplicates_are_asked_once() -> None:
    same = "the ministers met in the capital and spoke of trade, of rail and of the harbour"
    texts = [f"{same} {i}" for i in range(20)] + different(5)
    pool = pool_of(texts, np.full((25, 3), 0.5))
    chosen = choose(pool, UNCERTAIN, 25, {})
    assert len(chosen.reasons) == 6  # one of the twenty, five others
    assert sum(row < 20 for row in chosen.reasons) == 1


def test_every_question_gets_its_turn_of_the_uncertain() -> None:
    # Question 0 is less certain everywhere, yet 1 and 2 are asked for as often.
    probability = np.zeros((90, 3))
    for question, p in enumerate((0.5, 0.2, 0.1)):
        probability[30 * question : 30 * (question + 1), question] = p
    chosen = choose(pool_of(different(90), probability), UNCERTAIN, 30, {})
    of_question = [row // 30 for row in chosen.reasons]
    assert [of_question.count(q) for q in range(3)] == [10, 10, 10]


def test_the_neediest_question_gets_most_of_the_scarce() -> None:
    probability = np.zeros((60, 3))
    probability[:30, 0], probability[30:, 1] = 0.9, 0.9
    missing = missing_examples({"rain": 70, "wind": 90}, ["rain", "wind"], 100)
    assert missing == {0: 30, 1: 10}
    chosen = choose(pool_of(different(60), probability), SCARCE, 20, missing)
    assert sum(row < 30 for row in chosen.reasons) == 15
    assert missing_examples({"rain": 100}, ["rain"], 100) == {}


def test_unlike_passages_are_preferred_to_more_of_the_same() -> None:
    # Ten share three of six words, too few for a near-duplicate; fifty others are a little more
    # certain: 4 p (1 - p) is 0.96 at 0.4, while an eleventh of sixty passages has each shared word,
    # so the ten are alike by 0.2 and are worth 0.8 once one of them is taken.
    alike = [f"x{i} rain y{i} wind z{i} hail" for i in range(10)]
    probability = np.zeros((60, 3))
    probability[:10, 0], probability[10:, 0] = 0.5, 0.4
    chosen = choose(pool_of([*alike, *different(50)], probability), UNCERTAIN, 6, {})
    assert sum(row < 10 for row in chosen.reasons) == 1


def test_disputes_count_contested_questions_first(small_codebook: Codebook) -> None:
    labels = pl.DataFrame(
        {
            "passage_id": ["a", "b", "c", "c"],
            "question": ["rain", "rain", "rain", "stance:town"],
            "answer": ["contested", "absent", "present", "neutral"],
            "soft": [[0.5], [0.0], [1.0], [0.0, 1.0, 0.0]],
        }
    )
    model = np.array([[0.9, 0, 0], [0.8, 0, 0], [0.9, 0.9, 0.9], [0.9, 0, 0]])
    rival = np.array([[0.9, 0, 0], [0.8, 0, 0], [0.9, 0.2, 0.9], [0.8, 0, 0]])
    alone = disputes(list("abcd"), [model], labels, small_codebook)
    # a: contested; b: the model says 0.8 where coders say absent; c agrees; d has no label.
    assert alone.tolist() == pytest.approx([1.0, 0.8, 0.0, 0.0])
    both = disputes(list("abcd"), [model, rival], labels, small_codebook)
    assert both.tolist() == pytest.approx([1.0, 0.8, 0.7, 0.0])


def test_a_big_pool_is_looked_at_in_part_and_the_best_are_in_it() -> None:
    n = 5000
    probability = np.zeros((n, 3))
    probability[:, 0] = np.linspace(0.0, 0.5, n)
    chosen = choose(pool_of(different(n), probability), UNCERTAIN, 10, {})
    assert set(chosen.reasons) == set(range(n - 10, n))


def test_a_sample_is_never_written_over_another(tmp_path: Path) -> None:
    pool = pool_of([f"text {i}" for i in range(10)])
    first, second = (sample.describe(pool, np.arange(n), ("posts.csv",)) for n in (2, 3))
    kept = [drawn.save(tmp_path, "queue") for drawn in (first, second, first, second)]
    assert [path.name for path in kept] == [
        "queue.json", "queue-2.json", "queue.json", "queue-2.json",
    ]  # fmt: skip
    assert [sample.read(path) for path in kept] == [first, second, first, second]
