"""Folds given in the data: they are kept, and missing folds are drawn."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.errors import InputError
from pipeline.splits.components import components, ties
from pipeline.splits.folds import draw, table, verify
from pipeline.splits.held_out_sources import dev_by_voice
from pipeline.splits.material import Material, SplitResult, SplitSettings
from pipeline.tables import Folds


def split_given(
    material: Material, settings: SplitSettings, rng: np.random.Generator
) -> SplitResult:
    """Assign every labelled passage to a fold; the material's ``texts`` have ``fold``, null where
    the data give none.

    Passages of a given test or dev stay there; passages without a fold that are tied to them are
    ``left_out``. If test or dev is not given, it is drawn from all other passages, by whole
    components of near-duplicates, posts and groups (shares are of all passages), or dev is set by
    ``dev_voices`` as in :func:`split_frozen`. The order of rows does not matter. Raises InputError
    if no training passages are left, or if ``dev_voices`` is set and dev is given.
    """
    paragraphs, texts, labelled = material.paragraphs, material.texts, material.labelled
    dev_voices = settings.dev_voices
    given = dict(texts.select("passage_id", "fold").iter_rows())
    tied = ties(labelled, paragraphs, texts, settings.family_similarity)
    component_of = dict(zip(labelled, components(labelled, tied), strict=True))
    fold_of: dict[str, str] = {
        key: fold for key in labelled if (fold := given.get(key)) in ("dev", "test")
    }
    touched = {component_of[key] for key in fold_of}
    fold_of |= {
        key: "left_out"
        for key in labelled
        if given.get(key) is None and component_of[key] in touched
    }
    free = [key for key in labelled if key not in fold_of]
    if dev_voices and "dev" in fold_of.values():
        raise InputError("split.dev_voices: these data have a dev fold; remove the setting")
    of_voices = dev_by_voice(dev_voices, texts, set(free), component_of)
    fold_of |= of_voices
    free = [key for key in free if key not in of_voices]
    if not free:
        raise InputError("split: every labelled passage is dev or test; none is left for training")
    wanted = {
        fold: 0.0 if fold in fold_of.values() else share * len(labelled)
        for fold, share in (
            ("dev", settings.dev_share),
            ("test", settings.test_share),
        )
    }
    drawn = draw(free, component_of, material, wanted, rng)
    fold_of |= drawn
    folds = table(labelled, fold_of, component_of)
    verify(folds.filter(pl.col("passage_id").is_in([*of_voices, *drawn])), tied)
    return SplitResult(Folds.validate(folds), notes=(*_without_effect(given), *_notes(folds, tied)))


def _without_effect(given: dict[str, str | None]) -> tuple[str, ...]:
    """A sentence about given folds that leave everything to be drawn."""
    if set(given.values()) != {"train"}:
        return ()
    return ("every passage is given as train, so dev and test are drawn from them",)


def _notes(folds: pl.DataFrame, tied: pl.DataFrame) -> tuple[str, ...]:
    """One sentence about ties that cross the given folds, one about left-out passages."""
    crossing = _crossing(folds, tied)
    parts = ", ".join(
        f"{kind} {count} times" if count > 1 else f"{kind} once" for kind, count in crossing.items()
    )
    out = folds.filter(fold="left_out").height
    crossed = f"the given folds separate passages that belong together ({parts}); they are kept"
    left = f"passages without a fold left out because they are tied to a given dev or test: {out}"
    return tuple(note for note, count in ((crossed, crossing), (left, out)) if count)


def _crossing(folds: pl.DataFrame, tied: pl.DataFrame) -> dict[str, int]:
    used = folds.filter(pl.col("fold") != "left_out")
    crossing = (
        tied.join(used.select("passage_id", "fold"), on="passage_id")
        .group_by("kind", "key")
        .agg(pl.col("fold").n_unique())
        .filter(pl.col("fold") > 1)
    )
    return dict(crossing.group_by("kind").len().sort("kind").iter_rows())
