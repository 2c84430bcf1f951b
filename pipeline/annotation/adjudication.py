"""Several coders' answers to a question → one label, with the shares of the answers.

Both methods follow these rules: a single coder's answer is the label; two coders who disagree leave
the question ``contested``; a tie of all three answers about a frame is ``borderline``;
``cannot_say`` is not an answer, and without an answer there is no label. The methods differ for
three or more coders without a full tie, and in the soft labels.

An answer of the lead who has seen the coders' answers (marked by its ``source``, see
:data:`SETTLES`) is always the label; the shares still include all answers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import polars as pl

from pipeline.codebook import STANCES, Codebook, Question
from pipeline.tables import Labels

CONTESTED = "contested"
# First word of the source of answers in which the lead settles a question.
SETTLES = "adjudication"
FRAME_VALUES = ("absent", "borderline", "present")
STANCE_VALUES = ("absent", *STANCES)
_VALUES = ("absent", "borderline", "present", *STANCES)
_KEYS = ("passage_id", "question")

Method = Callable[[pl.DataFrame, Codebook], pl.DataFrame]


def majority(annotations: pl.DataFrame, codebook: Codebook) -> pl.DataFrame:
    """The most frequent answer; a tie is ``contested``.

    Three different answers of three coders are ``borderline`` for a frame and ``contested`` for a
    target. ``soft`` has shares of coders: one for a frame (present 1, borderline 0.5), three for a
    target. Takes Annotations in any order; returns Labels sorted by passage and question.
    """
    counted = _counted(annotations, codebook)
    return _labels(counted.with_columns(soft=_shares(pl.col("coders"))))


def dawid_skene(annotations: pl.DataFrame, codebook: Codebook) -> pl.DataFrame:
    """Coders weighted by their estimated reliability per question (Dawid & Skene 1979).

    ``soft`` has the posterior; for a frame P(present) + P(borderline) / 2. The most probable answer
    is the label, unless the rules of this module decide: one coder, two coders who disagree, three
    different answers about a frame. With one coder ``soft`` is the answer.
    """
    counted = _counted(annotations, codebook)
    answers = independent(_answers(annotations))
    if answers.is_empty():
        return majority(annotations, codebook)
    posterior = pl.concat(
        _posterior(rows, question)
        for question in codebook.questions
        if not (rows := answers.filter(question=question.name)).is_empty()
    )
    one = pl.col("coders") == 1
    certain = _shares(pl.col("coders"))
    likely = _shares(pl.lit(1.0), prefix="p_")
    by_lead = pl.col("tied") == "lead"
    settled = one | by_lead | pl.col("tied").is_in(["two", "three"])
    best = pl.concat_list([f"p_{value}" for value in _VALUES]).list.arg_max()
    joined = counted.join(posterior, on=_KEYS, how="left").with_columns(
        soft=pl.when(one | by_lead).then(certain).otherwise(likely),
        decided=pl.when(settled).then("decided").otherwise(_names(best)),
    )
    return _labels(joined)


METHODS: dict[str, Method] = {"majority": majority, "dawid_skene": dawid_skene}


def independent(annotations: pl.DataFrame) -> pl.DataFrame:
    """Without the lead's answers, which were given after seeing the others'."""
    return annotations.filter(~BY_LEAD)


# Whether a row is an answer in which the lead settles a question.
BY_LEAD = pl.col("source").str.starts_with(SETTLES).fill_null(value=False)


def open_questions(labels: pl.DataFrame) -> dict[str, list[str]]:
    """Passage → its contested questions."""
    contested = labels.filter(answer=CONTESTED)
    grouped = contested.group_by("passage_id", maintain_order=True).agg("question")
    return dict(grouped.iter_rows())


def _answers(annotations: pl.DataFrame) -> pl.DataFrame:
    """The rows except ``cannot_say``, sorted."""
    return (
        annotations.filter(pl.col("answer") != "cannot_say")
        .select(*_KEYS, "coder", "answer", "source")
        .sort(*_KEYS, "coder")
    )


def _counted(annotations: pl.DataFrame, codebook: Codebook) -> pl.DataFrame:
    """One row per passage and question: coders per answer, and the decision by plurality."""
    order = {question.name: i for i, question in enumerate(codebook.questions)}
    stances = [question.name for question in codebook.questions if question.is_stance]
    most = pl.max_horizontal(_VALUES)
    leaders = pl.sum_horizontal(pl.col(value) == pl.col("most") for value in _VALUES)
    tied = (
        pl.when(pl.col("settled").list.len() == 1)
        .then(pl.lit("lead"))
        .when(pl.col("leaders") == 1)
        .then(pl.lit("none"))
        .when((pl.col("leaders") == 3) & ~pl.col("is_stance"))
        .then(pl.lit("three"))
        .when(pl.col("coders") == 2)
        .then(pl.lit("two"))
        .otherwise(pl.lit("many"))
    )
    first = pl.concat_list(_VALUES).list.arg_max()
    decided = (
        pl.when(pl.col("tied") == "lead")
        .then(pl.col("settled").list.first())
        .when(pl.col("tied") == "none")
        .then(_names(first))
        .when(pl.col("tied") == "three")
        .then(pl.lit("borderline"))
        .otherwise(pl.lit(CONTESTED))
    )
    return (
        _answers(annotations)
        .filter(pl.col("question").is_in(list(order)))
        .group_by(_KEYS)
        .agg(
            pl.len().cast(pl.Int32).alias("coders"),
            pl.col("answer").filter(BY_LEAD).unique().alias("settled"),
            *((pl.col("answer") == value).sum().cast(pl.Int32).alias(value) for value in _VALUES),
        )
        .with_columns(
            is_stance=pl.col("question").is_in(stances),
            order=pl.col("question").replace_strict(order, return_dtype=pl.Int32),
            most=most,
        )
        .with_columns(leaders=leaders)
        .with_columns(tied=tied)
        .with_columns(decided=decided)
    )


def _names(index: pl.Expr) -> pl.Expr:
    """The answer at an index of ``_VALUES``."""
    return index.replace_strict(dict(enumerate(_VALUES)), return_dtype=pl.String)


def _shares(total: pl.Expr, prefix: str = "") -> pl.Expr:
    """One share for a frame, three for a target, from the columns of counts per answer."""
    frame = (pl.col(f"{prefix}present") + 0.5 * pl.col(f"{prefix}borderline")) / total
    stance = [pl.col(f"{prefix}{value}") / total for value in STANCES]
    # Sums of posteriors may exceed 1 by a rounding error.
    return (
        pl.when("is_stance")
        .then(pl.concat_list(share.clip(0.0, 1.0) for share in stance))
        .otherwise(pl.concat_list(frame.clip(0.0, 1.0)))
    )


def _labels(decided: pl.DataFrame) -> pl.DataFrame:
    return Labels.validate(
        decided.sort("passage_id", "order").select(
            *_KEYS, pl.col("decided").alias("answer"), "soft", "coders"
        )
    )


def _posterior(rows: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Probability of each answer for the passages of one question; columns ``p_<answer>``."""
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    data = pd.DataFrame(
        {
            "task": rows["passage_id"].to_list(),
            "worker": rows["coder"].to_list(),
            "label": rows["answer"].to_list(),
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # crowd-kit and pandas 4
        probabilities: Any = DawidSkene(n_iter=100).fit(data).probas_
    tasks = [str(task) for task in probabilities.index]
    columns = {
        f"p_{value}": (
            probabilities[value].to_numpy(dtype=float)
            if value in probabilities.columns
            else [0.0] * len(tasks)
        )
        for value in _VALUES
    }
    return pl.DataFrame({"passage_id": tasks, "question": [question.name] * len(tasks)} | columns)
