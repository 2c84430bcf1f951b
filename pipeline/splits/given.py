"""Folds that came with the data: kept as they are, and what they lack is drawn."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.errors import InputError
from pipeline.splits.components import components, ties
from pipeline.splits.folds import draw, table, verify
from pipeline.splits.held_out_sources import said_by
from pipeline.splits.material import Material, SplitResult, SplitSettings
from pipeline.tables import Folds


def split_given(
    material: Material, settings: SplitSettings, rng: np.random.Generator
) -> SplitResult:
    """Give every labelled passage a fold; ``texts`` of the material has ``fold``, null where the
    data do not say it.

    Passages of a given test or dev are left there; those without a fold that are tied to them are
    ``left_out``. Where one of the two is not given it is drawn from all other passages, by whole
    components of near-duplicates, posts and groups (shares are of all passages), or dev is what
    ``dev_voices`` say, as in :func:`split_frozen`. The order of rows does not matter. Raises
    InputError when nothing is left to learn from, or for ``dev_voices`` beside a given dev.
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
        raise InputError("split.dev_voices: these data have a dev fold; leave the voices out")
    spoken = said_by(dev_voices, texts, set(free), component_of)
    fold_of |= spoken
    free = [key for key in free if key not in spoken]
    if not free:
        raise InputError("split: every labelled passage is dev or test; nothing to learn from")
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
    verify(folds.filter(pl.col("passage_id").is_in([*spoken, *drawn])), tied)
    return SplitResult(Folds.validate(folds), notes=_notes(folds, tied))


def _notes(folds: pl.DataFrame, tied: pl.DataFrame) -> tuple[str, ...]:
    """One sentence about what the given folds tear apart, one about what is left out."""
    torn = _torn(folds, tied)
    parts = ", ".join(
        f"{kind} {count} times" if count > 1 else f"{kind} once" for kind, count in torn.items()
    )
    out = folds.filter(fold="left_out").height
    said = f"the given folds part passages of one {parts}; they stay as they are"
    left = f"left out for likeness to a given dev or test: passages without a fold, {out}"
    return tuple(note for note, there in ((said, torn), (left, out)) if there)


def _torn(folds: pl.DataFrame, tied: pl.DataFrame) -> dict[str, int]:
    used = folds.filter(pl.col("fold") != "left_out")
    crossing = (
        tied.join(used.select("passage_id", "fold"), on="passage_id")
        .group_by("kind", "key")
        .agg(pl.col("fold").n_unique())
        .filter(pl.col("fold") > 1)
    )
    return dict(crossing.group_by("kind").len().sort("kind").iter_rows())
