"""Query strategies: greedy selection of passages by a measure, with diversity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pipeline.annotation.queue.candidates import Floats, Pool, Rows

# Candidates per wanted passage, and their minimum, in large pools.
_LOOKED_AT = 40
_FEWEST_LOOKED_AT = 2000
# Minimum probability of a passage as an example of a question.
_LIKELY = 0.1


class Picker:
    """Greedily picks passages by measures, at most one per family of near-duplicates; similarity to
    earlier picks lowers a measure."""

    def __init__(self, pool: Pool, measures: Floats, taken: Sequence[int], size: int) -> None:
        """``measures``: ``(n, m)``, larger is better; rows with 0 or less are never picked."""
        self.rows = _candidates(pool, measures, size)
        self.measures = measures[self.rows]
        self.random_key = pool.random_key[self.rows]
        families = pool.families_of({*self.rows.tolist(), *taken})
        self.family = [families[row] for row in self.rows]
        self.closed = {families[row] for row in taken}
        self.similarity = np.zeros(len(self.rows))
        if not len(self.rows):
            return
        self.words = pool.words_of(self.rows)
        for vector in pool.words_of(np.array(taken, np.int64)) if taken else ():
            self._penalise_similar(vector)

    def best(self, measure: int) -> int | None:
        """Pick the best remaining row by one measure, or None."""
        if not len(self.rows):
            return None
        free = np.array([family not in self.closed for family in self.family])
        value = np.where(free, self.measures[:, measure], 0.0) * (1.0 - self.similarity)
        top = value.max()
        if top <= 0:
            return None
        equal = np.flatnonzero(value == top)
        place = int(equal[np.argmin(self.random_key[equal])])
        self.closed.add(self.family[place])
        self._penalise_similar(self.words[place])
        return int(self.rows[place])

    def _penalise_similar(self, vector: object) -> None:
        cosine = np.asarray((self.words @ vector.T).todense()).ravel()  # type: ignore[attr-defined]
        self.similarity = np.clip(np.maximum(self.similarity, cosine), 0.0, 1.0)


def _candidates(pool: Pool, measures: Floats, size: int) -> Rows:
    """Rows that are not done: the best by each measure, ties broken at random."""
    undone = np.flatnonzero(~pool.done & (measures.max(axis=1, initial=0.0) > 0))
    most = max(_FEWEST_LOOKED_AT, _LOOKED_AT * size)
    if len(undone) <= most:
        return undone
    each = -(-most // measures.shape[1])
    found = [
        undone[np.lexsort((pool.random_key[undone], -column[undone]))[:each]]
        for column in measures.T
    ]
    rows: Rows = np.unique(np.concatenate(found))
    return rows


def uncertain(pool: Pool, taken: Sequence[int], size: int) -> Iterator[int]:
    """Uncertainty sampling, alternating between questions: 4 p (1 - p) is 1 at p = 0.5."""
    measures = 4 * pool.probability * (1 - pool.probability)
    questions = [q for q in range(measures.shape[1]) if measures[:, q].max(initial=0.0) > 0]
    yield from _in_turn(Picker(pool, measures, taken, size), questions, size)


def scarce(
    pool: Pool, taken: Sequence[int], size: int, missing: Mapping[int, int]
) -> Iterator[int]:
    """Likely examples of questions that have too few, in proportion to the missing ones."""
    total = sum(missing.values())
    if not total or not size:
        return
    shares = {question: size * n / total for question, n in missing.items()}
    turns = sorted(
        (step / share, question)
        for question, share in shares.items()
        for step in range(1, int(share) + 2)
    )
    likely = np.where(pool.probability >= _LIKELY, pool.probability, 0.0)
    picker = Picker(pool, likely, taken, size)
    given = 0
    for _, question in turns:
        if given == size:
            return
        row = picker.best(question)
        if row is not None:
            given += 1
            yield row


def disputed(pool: Pool, taken: Sequence[int], size: int) -> Iterator[int]:
    """The passages on which coders or models disagree most."""
    yield from _in_turn(Picker(pool, pool.dispute[:, None], taken, size), [0], size)


def _in_turn(picker: Picker, measures: Sequence[int], size: int) -> Iterator[int]:
    given, waiting = 0, list(measures)
    while waiting and given < size:
        for measure in list(waiting):
            row = picker.best(measure)
            if row is None:
                waiting.remove(measure)
                continue
            yield row
            given += 1
            if given == size:
                return
