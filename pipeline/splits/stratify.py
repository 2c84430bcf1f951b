"""Iterative stratification over groups.

Sechidis, Tsoumakas and Vlahavas (2011), "On the Stratification of Multi-label Data", with whole
components of passages instead of single examples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]


def stratify(
    counts: Counts, sizes: Counts, desired: Counts, rng: np.random.Generator
) -> NDArray[np.int64]:
    """The fold of each component.

    ``counts`` is ``(components, labels)``: how many passages of a component have each label.
    ``sizes`` is the number of passages per component. ``desired`` is ``(folds, labels + 1)``: how
    many of each label and, in the last column, how many passages each fold should get. The rarest
    remaining label is placed first, its largest components first. Each component goes to the fold
    that lacks most of that label; ties are broken by lacking passages, then at random. Components
    without labels are placed last. Folds that should get no passages get none.
    """
    n, labels = counts.shape
    fold = np.full(n, -1, np.int64)
    lacking = desired.astype(np.float64).copy()
    open_folds = np.flatnonzero(desired[:, -1] > 0)
    full = np.hstack([counts, sizes[:, None]])
    order = rng.permutation(n)
    lots = rng.random((n, len(desired)))
    left = counts.sum(axis=0)

    def place(component: int, label: int) -> None:
        need = np.column_stack([lacking[:, label], lacking[:, -1], lots[component]])[open_folds]
        best = open_folds[np.lexsort(need.T[::-1])[-1]]
        fold[component] = best
        lacking[best] -= full[component]
        left[:] -= counts[component]

    while (waiting := left > 1e-9).any():
        label = int(np.argmin(np.where(waiting, left, np.inf)))
        carriers = order[(fold[order] < 0) & (counts[order, label] > 0)]
        for component in carriers[np.argsort(-counts[carriers, label], kind="stable")]:
            place(int(component), label)
    for component in order[fold[order] < 0]:
        place(int(component), labels)
    return fold
