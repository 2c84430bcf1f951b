from __future__ import annotations

import numpy as np
import pytest

from pipeline.models.linear.logistic import fit_heads

FEATURES = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
ALL = np.ones((50, 1), bool)


@pytest.mark.parametrize(("answer", "least", "most"), [(1.0, 0.99, 1.0), (0.0, 0.0, 0.01)])
def test_what_is_always_answered_alike_is_said_always(
    answer: float, least: float, most: float
) -> None:
    soft = np.full((50, 1), answer, np.float32)
    said = fit_heads(FEATURES, soft, ALL, 1.0).probabilities(FEATURES)
    assert ((said >= least) & (said <= most)).all()


def test_what_was_never_asked_is_hardly_ever_said() -> None:
    heads = fit_heads(FEATURES, np.ones((50, 1), np.float32), ~ALL, 1.0)
    assert (heads.probabilities(FEATURES) < 0.01).all()
