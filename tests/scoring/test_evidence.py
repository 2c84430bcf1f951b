from __future__ import annotations

import numpy as np
import pytest

from pipeline.scoring.evidence import NO_EVIDENCE, find
from pipeline.text.sentences import Span

TWO = [Span(0, 4), Span(5, 9)]


def test_the_likeliest_sentence_is_marked_for_each_present_frame() -> None:
    # Two passages of two sentences, two frames; frame 1 of the second passage is absent.
    present = np.array([[True, True], [True, False]])
    likely = np.array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.1], [0.3, 0.9]], np.float32)
    found = find(present, [TWO, TWO], likely)
    assert found.start.tolist() == [[5, 0], [0, NO_EVIDENCE]]
    assert found.end.tolist() == [[9, 4], [4, NO_EVIDENCE]]


def test_of_equally_likely_sentences_the_first_is_marked() -> None:
    found = find(np.array([[True]]), [TWO], np.full((2, 1), 0.4, np.float32))
    assert (found.start[0, 0], found.end[0, 0]) == (0, 4)


def test_the_only_sentence_of_a_passage_is_its_evidence_and_needs_no_probability() -> None:
    present = np.ones((3, 1), np.bool_)
    likely = np.array([[0.2], [0.3]], np.float32)  # of the third passage only
    found = find(present, [[Span(2, 5)], [], TWO], likely)
    assert found.start.tolist() == [[2], [NO_EVIDENCE], [5]]
    assert found.end.tolist() == [[5], [NO_EVIDENCE], [9]]


def test_rows_that_do_not_belong_to_the_sentences_are_refused() -> None:
    with pytest.raises(ValueError, match="3 rows of probabilities for 2 sentences"):
        find(np.array([[True]]), [TWO], np.zeros((3, 1), np.float32))
