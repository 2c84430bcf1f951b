"""Train, dev and test, drawn by whole components; the test is drawn once and then frozen."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.splits.components import components, ties
from pipeline.splits.held_out_sources import dev_by_voice
from pipeline.splits.material import Material, SplitResult, SplitSettings
from pipeline.splits.stratify import Counts, stratify
from pipeline.tables import Folds

DRAWN = ("train", "dev", "test")


def split_frozen(
    material: Material,
    settings: SplitSettings,
    frozen_test: frozenset[str],
    rng: np.random.Generator,
) -> SplitResult:
    """Assign every labelled passage to a fold, keeping the frozen test.

    Passages that share a near-duplicate family, a post or a contrast group form a component, and
    a component is never divided among train, dev and test. ``frozen_test`` passages are test; the
    other passages of their components are ``left_out``, or test with ``extend_test``. Without
    frozen passages the test is drawn. Folds are stratified by the positive answers to every
    question and by language. The order of rows does not matter.

    With ``dev_voices`` dev is not drawn: it consists of the passages of these voices in ``texts``
    and all passages tied to them. Choices made on dev are then tested on voices that are absent
    from training.
    """
    labelled, paragraphs, texts = material.labelled, material.paragraphs, material.texts
    if not labelled:
        raise InputError(
            "split: no labelled passage is among the paragraphs; "
            "does ingest.files cover labels/texts?"
        )
    available = frozen_test.intersection(paragraphs["passage_id"]).union(
        frozen_test.intersection(texts["passage_id"])
    )
    nodes = sorted(available.union(labelled))
    tied = ties(nodes, paragraphs, texts, settings.family_similarity)
    component_of = dict(zip(nodes, components(nodes, tied), strict=True))
    fold_of = _frozen_folds(labelled, component_of, available, extend_test=settings.extend_test)
    voices = settings.dev_voices
    fold_of |= dev_by_voice(voices, texts, set(labelled) - set(fold_of), component_of)
    drawing_test = settings.extend_test or not frozen_test
    in_test = sum(fold == "test" for fold in fold_of.values())
    wanted = _shares(
        0.0 if voices else settings.dev_share,
        settings.test_share if drawing_test else None,
        len(labelled),
        in_test,
    )
    free = [key for key in labelled if key not in fold_of]
    fold_of |= draw(free, component_of, material, wanted, rng)
    folds = table(labelled, fold_of, component_of)
    verify(folds, tied)
    test = frozen_test.union(folds.filter(fold="test")["passage_id"])
    return SplitResult(
        folds=Folds.validate(folds),
        test_passages=sorted(test) if test != frozen_test else None,
        notes=_notes(material, len(frozen_test - available)),
    )


def _notes(material: Material, lost: int) -> tuple[str, ...]:
    """``lost`` counts frozen test passages without text, whose near-duplicates cannot be found and
    may therefore be in training."""
    labels = material.labels
    without = labels.join(material.paragraphs, "passage_id", "anti")["passage_id"].n_unique()
    absent = (
        f"{without} labelled passages have no text here and are left out; "
        "`rhetoric labels hydrate FILES` finds their texts in your copy of the source"
    )
    frozen = f"{lost} passages of the frozen test have no text or labels here"
    return tuple(note for note, count in ((absent, without), (frozen, lost)) if count)


def _frozen_folds(
    labelled: list[str], component_of: dict[str, str], frozen: frozenset[str], *, extend_test: bool
) -> dict[str, str]:
    """Folds of the frozen test passages and of the other passages of their components."""
    touched = {component_of[key] for key in frozen}
    tied_fold = "test" if extend_test else "left_out"
    return {
        key: "test" if key in frozen else tied_fold
        for key in labelled
        if component_of[key] in touched
    }


def _shares(dev: float, test: float | None, total: int, in_test: int) -> dict[str, float]:
    """How many passages dev and test still need. If ``test`` is None, no test is drawn."""
    missing = 0.0 if test is None else max(0.0, test * total - in_test)
    return {"dev": dev * total, "test": missing}


def _positives(labels: pl.DataFrame, paragraphs: pl.DataFrame, codebook: Codebook) -> pl.DataFrame:
    """``passage_id``, ``stratum``: one row per positive answer of a passage, and one for its
    language."""
    stances = [question.name for question in codebook.questions if question.is_stance]
    positive = labels.filter(~pl.col("answer").is_in(["absent", "borderline", "contested"])).select(
        "passage_id",
        stratum=pl.when(pl.col("question").is_in(stances))
        .then(pl.col("question") + "=" + pl.col("answer"))
        .otherwise("question"),
    )
    language = paragraphs.select("passage_id", stratum="language=" + pl.col("language"))
    return pl.concat([positive, language]).unique()


def draw(
    free: list[str],
    component_of: dict[str, str],
    material: Material,
    wanted: dict[str, float],
    rng: np.random.Generator,
) -> dict[str, str]:
    """Draw folds for the free passages, by whole components; ``wanted`` is how many passages dev
    and test still need."""
    if not free:
        return {}
    positives = _positives(material.labels, material.paragraphs, material.codebook)
    names = sorted({component_of[key] for key in free})
    row_of = {name: row for row, name in enumerate(names)}
    sizes = np.bincount([row_of[component_of[key]] for key in free], minlength=len(names))
    own = positives.filter(pl.col("passage_id").is_in(free))
    strata = sorted(own["stratum"].unique())
    column_of = {stratum: column for column, stratum in enumerate(strata)}
    counts: Counts = np.zeros((len(names), len(strata)))
    rows = [row_of[component_of[key]] for key in own["passage_id"]]
    np.add.at(counts, (rows, [column_of[stratum] for stratum in own["stratum"]]), 1)
    dev = min(1.0, wanted["dev"] / len(free))
    test = min(1.0 - dev, wanted["test"] / len(free))
    share = np.array([1.0 - dev - test, dev, test])
    totals = np.append(counts.sum(axis=0), len(free))
    fold = stratify(counts, sizes.astype(np.float64), share[:, None] * totals, rng)
    return {key: DRAWN[fold[row_of[component_of[key]]]] for key in free}


def table(
    labelled: list[str], fold_of: dict[str, str], component_of: dict[str, str]
) -> pl.DataFrame:
    """The Folds table: one row per labelled passage."""
    return pl.DataFrame(
        {
            "passage_id": labelled,
            "fold": [fold_of[key] for key in labelled],
            "component": [component_of[key] for key in labelled],
        },
        schema_overrides={"fold": pl.Enum([*DRAWN, "left_out"])},
    )


def verify(folds: pl.DataFrame, tied: pl.DataFrame) -> None:
    """Raise ``RuntimeError`` if passages of one family, post or group are in different folds.

    Left-out passages may be tied to the test, since they are not used.
    """
    used = folds.filter(pl.col("fold") != "left_out").with_columns(pl.col("fold").cast(pl.String))
    crossing = (
        tied.join(used.select("passage_id", "fold"), on="passage_id")
        .group_by("kind", "key")
        .agg("passage_id", pl.col("fold").unique().sort())
        .filter(pl.col("fold").list.len() > 1)
        .sort("kind", "key")
    )
    if crossing.height:
        kind, key, ids, found = crossing.row(0)
        raise RuntimeError(
            f"{crossing.height} ties cross folds, first {kind} {key!r} in {', '.join(found)}: "
            f"passages {', '.join(sorted(ids)[:10])}"
        )
