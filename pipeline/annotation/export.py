"""The labelled passages as a Hugging Face ``DatasetDict`` on disk, with a card about them."""

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
    "The texts are synthetic: language models wrote them in the voice of the genre. Events, "
    "figures and quotations are invented; nothing in them may be cited as said by anybody."
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
    """Write the dataset and its card; returns the passages of each fold.

    One row a passage: the columns of the texts, then an answer a question (``frame_<code>``,
    ``stance_<code>``; null where not asked), and ``soft`` and ``asked`` with one value an output in
    the codebook's order. Left-out passages and empty folds are not exported. ``origin`` says in
    the card where the texts come from. Raises :class:`InputError` when the folder has something
    in it or there is nothing to export.
    """
    from datasets import Dataset, DatasetDict

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is not empty; name another folder or remove it first")
    rows = table(texts, labels, folds, codebook)
    if rows.is_empty():
        raise InputError("export: no labelled passage is in a fold; run `rhetoric run` first")
    parts = {fold: rows.filter(fold=fold).drop("fold") for fold in FOLDS}
    # An empty fold would be written but could not be loaded again.
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
    """The column of a question's answers; the prefix keeps it apart from those of the texts."""
    return f"{'stance' if question.is_stance else 'frame'}_{question.rule.code}"


def table(
    texts: pl.DataFrame, labels: pl.DataFrame, folds: pl.DataFrame, codebook: Codebook
) -> pl.DataFrame:
    """One row a labelled passage in a fold, sorted by ``passage_id``; column ``fold`` last."""
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
    """The dataset card, from the data itself."""
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

A model's score on these folds is agreement with these coders on texts of this kind. It says \
little about real posts until it is measured on real posts.

{markdown.section("Folds", sizes)}
Passages that are near-duplicates, come from one post, or form a contrast pair are in one fold.

{markdown.section("Frames", _frames(rows, codebook))}
{markdown.section("Stance", _targets(rows, codebook))}
{markdown.section("Languages", rows.group_by("language").len("passages").sort("language"))}
{markdown.section("Coders", _coder_table(coders))}
## Columns

- `text`, read in `opening` (how the post begins) and `before` (the paragraph just before it).
- `passage_id` (hash of the three), `language`, `voice`, `genre`, `group` (contrast pairs), \
`post`, `position`.
- One column a frame (`frame_…`: `present`, `borderline`, `absent`) and one a target \
(`stance_…`: `against`, `neutral`, `favour`, `absent`); `{CONTESTED}` where coders \
disagree, null where not asked.
- `soft`: share of coders behind each output (borderline counts half), and `asked`: false where \
the answer is contested or missing. Their order: {", ".join(f"`{o}`" for o in codebook.outputs)}.
"""


def _coded_by(coders: Mapping[str, Coder]) -> str:
    kinds = [coder.kind for coder in coders.values()]
    parts = [
        f"{n} {one if n == 1 else more}"
        for kind, (one, more) in _KIND_NAMES.items()
        if (n := kinds.count(kind))
    ]
    if not parts:
        return "Who coded them is not recorded."
    said = f"They were coded by {' and '.join(parts)}."
    return said if "person" in kinds else f"{said} No person coded them."


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
