"""Predictions and coders' answers as arrays, from which all metrics are computed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from pipeline.codebook import STANCES, Codebook
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.errors import InputError
from pipeline.evaluation.bootstrap import Numbers, family_numbers
from pipeline.evaluation.metrics import Float, Mask
from pipeline.models.predictions import Predictions

# Stances as numbers: the index in STANCES, ABSENT for no stance, NOT_JUDGED for unjudged cells.
ABSENT = len(STANCES)
NOT_JUDGED = -1


class Borderline(Enum):
    """How passages that coders found borderline are counted."""

    left_out = "left_out"
    as_present = "as_present"
    as_absent = "as_absent"


@dataclass(frozen=True)
class Judged:
    """n passages, F frames, T targets.

    ``answered`` is False if the frame was not asked or is contested. ``borderline`` cells are
    answered and not ``present``. ``stance`` and ``predicted_stance`` hold numbers: the index in
    STANCES, ABSENT, or (only in ``stance``) NOT_JUDGED for cells not asked or contested.
    """

    answered: Mask  # (n, F)
    present: Mask
    borderline: Mask
    predicted: Mask
    probability: Float
    stance: NDArray[np.int64]  # (n, T)
    predicted_stance: NDArray[np.int64]
    stance_probability: Float  # (n, T, 3)
    family: Numbers  # (n,)
    families: int

    def __len__(self) -> int:
        return len(self.family)

    def take(self, rows: NDArray[np.int64]) -> Judged:
        """The rows at these positions; families are renumbered."""
        chosen = {
            item.name: getattr(self, item.name)[rows]
            for item in fields(self)
            if item.name != "families"
        }
        present, numbers = np.unique(chosen["family"], return_inverse=True)
        chosen["family"] = numbers.astype(np.int64)
        return replace(self, **chosen, families=len(present))

    def truth(self, borderline: Borderline) -> tuple[Mask, Mask]:
        """Two ``(n, F)`` masks for a treatment of borderline: positive cells, and cells that
        count."""
        if borderline is Borderline.left_out:
            return self.present, self.answered & ~self.borderline
        if borderline is Borderline.as_present:
            return self.present | self.borderline, self.answered
        return self.present, self.answered


def judged(answers: Predictions, coded: LabeledPassages, codebook: Codebook) -> Judged:
    """Combine predictions and codes; raises InputError if their numbers of rows differ.

    A passage without a family is its own family.
    """
    if len(answers.decisions) != len(coded):
        raise InputError(f"{len(answers.decisions)} answers for {len(coded)} coded passages")
    framed = [i for i, q in enumerate(codebook.questions) if not q.is_stance]
    targeted = [i for i, q in enumerate(codebook.questions) if q.is_stance]
    outputs = [codebook.columns_of(q)[0] for q in codebook.questions if not q.is_stance]
    stances = [codebook.columns_of(q) for q in codebook.questions if q.is_stance]
    codes = coded.answers[:, framed]
    probabilities = answers.probabilities.astype(np.float64)
    numbers, families = family_numbers(
        [name or f"row {i}" for i, name in enumerate(coded.passages["family"].to_list())]
    )
    return Judged(
        answered=np.isin(codes.astype(str), ["present", "borderline", "absent"]),
        present=codes == "present",
        borderline=codes == "borderline",
        predicted=answers.decisions[:, framed] == "present",
        probability=probabilities[:, outputs],
        stance=_stance_numbers(coded.answers[:, targeted]),
        predicted_stance=_stance_numbers(answers.decisions[:, targeted]),
        stance_probability=probabilities[:, np.array(stances, np.int64).reshape(-1, len(STANCES))],
        family=numbers,
        families=families,
    )


def _stance_numbers(words: NDArray[np.object_]) -> NDArray[np.int64]:
    numbers = np.full(words.shape, NOT_JUDGED, np.int64)
    for number, word in enumerate([*STANCES, "absent"]):
        numbers[words == word] = number
    return numbers
