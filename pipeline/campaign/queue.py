"""``annotate queue``: selects the next passages for a coder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.annotation import adjudication, staleness
from pipeline.annotation import lines as coded
from pipeline.annotation.queue import Chosen, Pool, Sample, Shares, choose, queue_file, sample
from pipeline.annotation.queue.candidates import Floats
from pipeline.annotation.queue.disputes import disputes
from pipeline.annotation.queue.queue_file import QueueItem
from pipeline.annotation.queue.selection import missing_examples
from pipeline.campaign.folder import Labels, labels_of
from pipeline.campaign.passages import input_passages, label_texts, passages_for
from pipeline.codebook import STANCES, Codebook
from pipeline.config import Config
from pipeline.datasets.passages import PASSAGE
from pipeline.errors import InputError
from pipeline.io.console import say
from pipeline.scoring.passages import scored_passages

_STALE = "stale"


@dataclass(frozen=True)
class _Read:
    """Passages, each model's ``(n, questions)`` probabilities, and the name of the first model."""

    passages: pl.DataFrame
    models: list[Floats]
    by: str


def choose_next(
    config: Config,
    paths: Sequence[Path],
    path: Path,
    coder: str | None,
    model: Path | None,
    limit: int | None,
) -> None:
    """Write a queue file of the passages to label next."""
    labels = labels_of(config)
    read = _read(labels, paths, model, config)
    answers = labels.answers()
    pool = _pool(read, labels, answers, coder, config)
    size = limit or config.queue.size
    shares = Shares(
        config.queue.sample, config.queue.uncertain, config.queue.scarce, config.queue.disputed
    )
    short = missing_examples(
        _examples(answers, labels.codebook),
        [question.name for question in labels.codebook.questions],
        config.queue.enough,
    )
    chosen = choose(pool, shares, size, short)
    if not chosen.reasons:
        raise InputError(f"annotate queue: no passages left for {coder or 'any coder'}")
    sources = tuple(str(file) for file in paths) or (config.label.texts,)
    drawn = sample.describe(pool, np.array(chosen.sample, np.int64), sources)
    queue_file.write(path, _waiting(pool, chosen, drawn))
    _print_summary(path, chosen, pool, read.by)
    if chosen.sample:
        record = drawn.save(Path(config.queue.samples), path.stem)
        say(f"{record}: the sample's design, without texts; keep it with the answers")


def _read(labels: Labels, paths: Sequence[Path], model: Path | None, config: Config) -> _Read:
    """Passages with probabilities, from scores folders, collectors' files or ``labels/texts``."""
    folders = [path for path in paths if (path / "ledger.jsonl").is_file()]
    others = [path for path in paths if path not in folders]
    corpus = None
    if others:
        corpus = input_passages(others, config)
    elif not folders:
        corpus = passages_for("annotate queue", (), config)
    if not folders:
        assert corpus is not None
        return _answered_by_model(corpus, labels.codebook, model)
    scored = [scored_passages(folder, labels.codebook, corpus) for folder in folders]
    for folder, found in zip(folders, scored, strict=True):
        if found.without_context:
            say(
                f"{folder}: {found.without_context} passages left out, their context is not in "
                "the scores; give the scored files too"
            )
    first = scored[0]
    aligned = [
        first.passages.select("passage_id").join(
            other.probability, "passage_id", "left", maintain_order="left"
        )
        for other in scored
    ]
    models = [table.drop("passage_id").to_numpy().astype(np.float64) for table in aligned]
    return _Read(first.passages, models, f"the scores in {folders[0]}")


def _answered_by_model(corpus: pl.DataFrame, codebook: Codebook, model: Path | None) -> _Read:
    """Probabilities from a classifier, or from the codebook's cues without a ``model``."""
    corpus = corpus.sort("passage_id")
    if model is not None:
        from pipeline.models.classifier import Classifier

        classifier = Classifier.load(model)
        outputs = classifier.answer(corpus).probabilities
        names, by = list(classifier.codebook.outputs), f"the model in {model}"
    else:
        from pipeline.models.linear.lexicon import lexicon

        outputs = lexicon(codebook).probabilities(corpus)
        names, by = list(codebook.outputs), "only the codebook's cues (no scores, no --model)"
    column = {name: i for i, name in enumerate(names)}
    questions = np.zeros((corpus.height, len(codebook.questions)))
    for place, question in enumerate(codebook.questions):
        own = [column[output] for output in question.outputs if output in column]
        if own:
            questions[:, place] = outputs[:, own].max(axis=1)
    return _Read(corpus, [questions], by)


def _pool(
    read: _Read, labels: Labels, answers: pl.DataFrame, coder: str | None, config: Config
) -> Pool:
    ids = read.passages["passage_id"].to_list()
    adjudicated = adjudication.METHODS[config.label.adjudication.value](answers, labels.codebook)
    done = labels.done_by(coder) if coder is not None else set()
    return Pool(
        passages=read.passages,
        probability=np.nan_to_num(read.models[0]),
        dispute=disputes(ids, read.models, adjudicated, labels.codebook),
        done=np.array([key in done for key in ids], np.bool_),
        similarity=config.segment.family_similarity,
        seed=config.seed,
    )


def _examples(answers: pl.DataFrame, codebook: Codebook) -> dict[str, int]:
    """Question → number of examples: passages with the frame, or with any stance."""
    labels = adjudication.majority(answers, codebook)
    found = labels.filter(pl.col("answer").is_in(["present", *STANCES]))
    return dict(found.group_by("question").len().iter_rows())


def _waiting(pool: Pool, chosen: Chosen, drawn: Sample) -> list[QueueItem]:
    rows = pool.passages.select(PASSAGE).rows(named=True)
    sampled = {rows[row]["passage_id"] for row in chosen.sample}
    return [
        queue_file.queue_item(
            rows[row],
            reason,
            inclusion=drawn.inclusion[key] if (key := rows[row]["passage_id"]) in sampled else None,
        )
        for row, reason in chosen.reasons.items()
    ]


def _print_summary(path: Path, chosen: Chosen, pool: Pool, by: str) -> None:
    parts = ", ".join(f"{n} {name}" for name, n in chosen.counts().items() if n)
    say(f"{path}: {len(chosen.reasons)} of {len(pool)} passages ({parts}), by {by}")


def stale(
    config: Config, paths: Sequence[Path], path: Path, coder: str | None, limit: int | None
) -> None:
    """Write a queue file of passages with stale answers, with only the questions concerned."""
    _write_stale(path, _stale(labels_of(config), paths, coder, config)[:limit])


def _stale(
    labels: Labels, paths: Sequence[Path], coder: str | None, config: Config
) -> list[QueueItem]:
    stale: dict[str, list[str]] = {}
    at_hand = input_passages(paths, config) if paths else label_texts(config)
    texts = dict(at_hand.select("passage_id", "text").iter_rows())
    for file in sorted(labels.annotations.glob("*.jsonl")):
        if coder is not None and file.stem != coder:
            continue
        for key, names in staleness.stale(coded.read(file), labels.codebook, texts).items():
            stale.setdefault(key, [])
            stale[key] += [name for name in names if name not in stale[key]]
    at_hand = at_hand.filter(pl.col("passage_id").is_in(list(stale))).sort("post", "position")
    if missing := len(stale) - at_hand.height:
        say(f"{missing} passages left out: their text is missing; give the FILES with it")
    found = [
        queue_file.queue_item(row, _STALE, asked=tuple(stale[row["passage_id"]]))
        for row in at_hand.iter_rows(named=True)
    ]
    if not found:
        raise InputError(f"annotate queue --stale: no stale answers of {coder or 'any coder'}")
    return found


def _write_stale(path: Path, found: Sequence[QueueItem]) -> None:
    queue_file.write(path, found)
    questions = sorted({name for item in found for name in item.asked or ()})
    say(f"{path}: {len(found)} passages, only to answer {', '.join(questions)} again")
