"""Exports the labelled passages as a Hugging Face ``DatasetDict`` with a dataset card."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.annotation.adjudication import CONTESTED
from pipeline.annotation.coders import Coder
from pipeline.codebook import STANCES, Codebook, Question
from pipeline.errors import InputError
from pipeline.io import markdown

FOLDS = ("train", "dev", "test")
ORIGIN = (
    "The texts are synthetic: language models wrote them in the style of the genre. Events, "
    "figures and quotations are invented; do not cite them as statements of anybody."
)
_KIND_NAMES = {
    "person": ("person", "people"),
    "language_model": ("language model", "language models"),
    "rule": ("rule", "rules"),
}


def save(
    folder: Path,
    *,
    texts: pl.DataFrame,
    labels: pl.DataFrame,
    folds: pl.DataFrame,
    codebook: Codebook,
    coders: Mapping[str, Coder],
    origin: str = ORIGIN,
) -> dict[str, int]:
    """Write the dataset and its card; returns the number of passages per fold.

    There is one row per passage: the columns of the texts, an answer per question
    (``frame_<code>``, ``stance_<code>``; null if not asked), and ``soft`` and ``asked`` with one
    value per output in the codebook's order. Left-out passages and empty folds are not exported.
    ``origin`` is the card's text on the source of the texts. Raises :class:`InputError` if the
    folder is not empty or there is nothing to export.
    """
    from datasets import Dataset, DatasetDict

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: not empty; give another folder or remove it first")
    rows = table(texts, labels, folds, codebook)
    if rows.is_empty():
        raise InputError("export: no labelled passage is in a fold; run `rhetoric run` first")
    parts = {fold: rows.filter(fold=fold).drop("fold") for fold in FOLDS}
    # datasets writes empty folds but cannot load them.
    dataset = DatasetDict(
        {fold: Dataset.from_polars(part) for fold, part in parts.items() if part.height}
    )
    temporary = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    dataset.save_to_disk(str(temporary))
    (temporary / "README.md").write_text(card(rows, codebook, coders, origin), encoding="utf-8")
    if folder.exists():
        folder.rmdir()
    temporary.rename(folder)
    return {fold: part.height for fold, part in parts.items()}


def column(question: Question) -> str:
    """The column of a question's answers; the prefix avoids clashes with columns of the texts."""
    return f"{'stance' if question.is_stance else 'frame'}_{question.rule.code}"


def table(
    texts: pl.DataFrame, labels: pl.DataFrame, folds: pl.DataFrame, codebook: Codebook
) -> pl.DataFrame:
    """One row per labelled passage in a fold, sorted by ``passage_id``; column ``fold`` last."""
    answers, soft, asked = [], [], []
    for question in codebook.questions:
        own = labels.filter(question=question.name)
        width = len(question.outputs)
        soft.append(pl.col(f"soft {question.name}").fill_null([0.0] * width))
        known = pl.col(column(question)).is_not_null() & (pl.col(column(question)) != CONTESTED)
        asked += [known] * width
        answers.append(
            own.select(
                "passage_id",
                pl.col("answer").alias(column(question)),
                pl.col("soft").alias(f"soft {question.name}"),
            )
        )
    rows = texts.join(folds.select("passage_id", "fold"), on="passage_id").filter(
        pl.col("fold") != "left_out"
    )
    for own in answers:
        rows = rows.join(own, on="passage_id", how="left")
    return rows.sort("passage_id").select(
        *texts.columns,
        *(column(question) for question in codebook.questions),
        pl.concat_list(soft).alias("soft"),
        pl.concat_list(asked).alias("asked"),
        pl.col("fold").cast(pl.String),
    )


def card(rows: pl.DataFrame, codebook: Codebook, coders: Mapping[str, Coder], origin: str) -> str:
    """The dataset card as Markdown."""
    languages = sorted(rows["language"].unique())
    sizes = rows.group_by("fold").agg(
        passages=pl.len(), posts=pl.col("post").n_unique(), voices=pl.col("voice").n_unique()
    )
    sizes = pl.DataFrame({"fold": list(FOLDS)}).join(sizes, on="fold", how="left")
    head = "\n".join(
        [
            "---",
            "license: apache-2.0",
            f"language: [{', '.join(languages)}]",
            "task_categories: [text-classification]",
            "tags: [framing, stance-detection, political-communication, multi-label]",
            f"pretty_name: {codebook.title}",
            "---",
        ]
    )
    return f"""\
{head}

# {codebook.title}

{rows.height} passages, each a paragraph with its context, coded by codebook version \
{codebook.version}: {len(codebook.frames)} frames and the stance toward {len(codebook.targets)} \
targets. {origin} {_coded_by(coders)}

A model's score on these folds measures agreement with these coders on texts of this kind. For \
other texts it has to be measured again.

{markdown.section("Folds", sizes)}
Near-duplicates, passages of one post and contrast pairs are in the same fold.

{markdown.section("Frames", _frames(rows, codebook))}
{markdown.section("Stance", _targets(rows, codebook))}
{markdown.section("Languages", rows.group_by("language").len("passages").sort("language"))}
{markdown.section("Coders", _coder_table(coders))}
## Columns

- `text`, with its context `opening` (the beginning of the post) and `before` (the paragraph \
before it).
- `passage_id` (hash of the three), `language`, `voice`, `genre`, `group` (contrast pairs), \
`post`, `position`.
- One column per frame (`frame_…`: `present`, `borderline`, `absent`) and per target \
(`stance_…`: `against`, `neutral`, `favour`, `absent`); `{CONTESTED}` if coders \
disagree, null if not asked.
- `soft`: share of coders per output (borderline counts as half), and `asked`: false if the \
answer is contested or missing. Their order: {", ".join(f"`{o}`" for o in codebook.outputs)}.
"""


def _coded_by(coders: Mapping[str, Coder]) -> str:
    kinds = [coder.kind for coder in coders.values()]
    parts = [
        f"{n} {one if n == 1 else more}"
        for kind, (one, more) in _KIND_NAMES.items()
        if (n := kinds.count(kind))
    ]
    if not parts:
        return "The coders are not recorded."
    sentence = f"They were coded by {' and '.join(parts)}."
    return sentence if "person" in kinds else f"{sentence} No person coded them."


def _coder_table(coders: Mapping[str, Coder]) -> pl.DataFrame:
    found = [(c.name, c.kind, c.description) for c in coders.values()]
    schema = {"coder": pl.String, "kind": pl.String, "description": pl.String}
    return pl.DataFrame(found, schema=schema, orient="row")


def _frames(rows: pl.DataFrame, codebook: Codebook) -> pl.DataFrame:
    return _answer_table(rows, codebook, ("present", "borderline", "absent"), stance=False)


def _targets(rows: pl.DataFrame, codebook: Codebook) -> pl.DataFrame:
    return _answer_table(rows, codebook, (*STANCES, "absent"), stance=True)


def _answer_table(
    rows: pl.DataFrame, codebook: Codebook, answers: tuple[str, ...], *, stance: bool
) -> pl.DataFrame:
    shown = (*answers, CONTESTED)
    found = [
        (q.rule.code, *(int((rows[column(q)] == answer).sum()) for answer in shown))
        for q in codebook.questions
        if q.is_stance == stance
    ]
    schema = {"question": pl.String, **dict.fromkeys(shown, pl.Int64)}
    return pl.DataFrame(found, schema=schema, orient="row")
