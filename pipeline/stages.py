"""The project on one screen: every stage reads tables, calls one room, writes tables.

Here config ends: rooms get plain values. A stage's tables stand in one folder, ``config.out``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

from pipeline import codebook as codebooks
from pipeline import files, finished, own_table
from pipeline.config import Config, located
from pipeline.run_folder import Tables
from pipeline.tables import Dropped
from pipeline.terminal import warn


def ingest(config: Config) -> None:
    """Files of any collector → posts; of a labelled table a row is a post."""
    from pipeline import sources

    at = Tables(config.out)
    if config.labelled.given:
        own = own_table.read(config)
        files.write_parquet(at.posts, own.posts())
        files.write_parquet(at.dropped_posts, Dropped.create_empty())
        return
    paths = sources.expand(config.ingest.files)
    if config.ingest.hydrated:
        paths += sorted(Path(config.label.hydrated).glob("*.jsonl"))
    posts, dropped = sources.read_all(
        paths,
        asdict(config.ingest.table),
        config.ingest.channel_aliases,
        sources.Limits(**asdict(config.ingest.limits)),
        say=warn,
    )
    files.write_parquet(at.posts, posts)
    files.write_parquet(at.dropped_posts, dropped)


def segment(config: Config) -> None:
    """Posts → passages, with the families of near-duplicates."""
    from pipeline.families import families
    from pipeline.paragraphs import segment as cut

    at = Tables(config.out)
    kept, dropped = cut(
        files.read_parquet(at.posts),
        min_characters=config.segment.min_characters,
        item_characters=config.segment.item_characters,
    )
    if config.labelled.given:
        kept = own_table.read(config).in_their_language(kept)
    ids = families(kept["text"].to_list(), similarity=config.segment.family_similarity)
    files.write_parquet(at.paragraphs, kept.with_columns(pl.Series("family", ids, pl.String)))
    files.write_parquet(at.dropped_paragraphs, dropped)


def label(config: Config) -> None:
    """What coders answered → one adjudicated label a passage and question, and their agreement."""
    from pipeline.annotation import adjudication, agreement, store

    at = Tables(config.out)
    codebook = codebooks.load(located(config.codebook))
    if config.labelled.given:
        own = own_table.read(config)
        _say("label", own.notes)
        annotations = own.annotations
    else:
        annotations = store.read(
            texts=Path(config.label.texts),
            annotations=Path(config.label.annotations),
            coders=Path(config.label.coders),
            codebook=codebook,
        )
    method = adjudication.METHODS[config.label.adjudication.value]
    files.write_parquet(at.annotations, annotations)
    files.write_parquet(at.labels, method(annotations, codebook))
    files.write_json(at.agreement, agreement.measure(annotations, codebook))


def split(config: Config) -> None:
    """Labelled passages → folds that near-duplicates, posts and contrast pairs do not cross."""
    from pipeline import splits

    at = Tables(config.out)
    if config.labelled.given:
        _say("split", own_table.split(config))
        return
    frozen = Path(config.split.test_families)
    paragraphs, labels = files.read_parquet(at.paragraphs), files.read_parquet(at.labels)
    without = labels.join(paragraphs, "passage_id", "anti")["passage_id"].n_unique()
    if without:
        note = f"{without} labelled passages have no text here and are left out; "
        _say(
            "split", [note + "`rhetoric labels hydrate FILES` finds it in your copy of the source"]
        )
    result = splits.split(
        paragraphs,
        labels,
        _texts(config),
        codebooks.load(located(config.codebook)),
        frozen_test=splits.read_frozen(frozen),
        dev_share=config.split.dev_share,
        test_share=config.split.test_share,
        family_similarity=config.segment.family_similarity,
        extend_test=config.split.extend_test,
        rng=np.random.default_rng(config.seed),
        dev_voices=config.split.dev_voices,
    )
    files.write_parquet(at.folds, result.folds)
    if result.lost:
        _say("split", [f"{len(result.lost)} passages of {frozen} have no text or labels"])
    if result.test_passages is not None:
        splits.write_frozen(frozen, result.test_passages)


def train(config: Config) -> None:
    """Labelled passages of the train fold → a calibrated classifier; dev decides thresholds. Its
    encoder is then converted for fast scoring, on texts of train, and compared on those of dev."""
    from pipeline.models import converted
    from pipeline.models.classifier import train_classifier
    from pipeline.models.coded import coded_passages
    from pipeline.recipes import recipe

    at = Tables(config.out)
    codebook_path = located(config.codebook)
    codebook = codebooks.load(codebook_path)
    coded = coded_passages(
        files.read_parquet(at.paragraphs), files.read_parquet(at.labels), codebook
    )
    folds = files.read_parquet(at.folds)
    learnt, judged = coded.of_fold(folds, "train"), coded.of_fold(folds, "dev")
    classifier = train_classifier(
        recipe(config, codebook), train=learnt, dev=judged, codebook_path=codebook_path
    )
    classifier.save(at.model)
    try:
        conversion = converted.convert(
            classifier,
            quantise_on=learnt.passages,
            compare_on=judged.passages,
            rng=np.random.default_rng(config.seed),
        )
    except converted.ConversionError as error:
        _say("train", [f"not converted for openvino, scoring will use torch: {error}"])
        return
    if conversion is not None:
        conversion.save(at.model)
        _say("train", [str(conversion)])


def evaluate(config: Config) -> None:
    """The test fold: figures, intervals, the worst mistakes. In-domain, and called so."""
    from pipeline.evaluation import evaluate_answers
    from pipeline.models.classifier import Classifier
    from pipeline.models.coded import coded_passages

    at = Tables(config.out)
    codebook = codebooks.load(located(config.codebook))
    paragraphs = _with_origin(config, files.read_parquet(at.paragraphs))
    coded = coded_passages(paragraphs, files.read_parquet(at.labels), codebook).of_fold(
        files.read_parquet(at.folds), "test"
    )
    classifier = Classifier.load(at.model)
    evaluation = evaluate_answers(
        classifier.answer(coded.passages),
        coded,
        codebook,
        samples=config.evaluate.bootstrap_samples,
        confidence=config.evaluate.confidence,
        rng=np.random.default_rng(config.seed),
    )
    at.keep(evaluation)


PIPELINE: dict[str, Callable[[Config], None]] = {
    "ingest": ingest,
    "segment": segment,
    "label": label,
    "split": split,
    "train": train,
    "evaluate": evaluate,
}


def track(config: Config) -> None:
    """The finished result → MLflow, once: the same files are never logged twice."""
    finished.tracked(config)


STAGES: dict[str, Callable[[Config], None]] = {**PIPELINE, "track": track}


def score(
    config: Config,
    paths: Sequence[Path],
    model: Path,
    destination: Path,
    *,
    restart: bool,
    update: bool,
) -> str:
    """New posts → scores in shards; says in a few lines what was read and where it lies."""
    from pipeline import recipes, scoring
    from pipeline.sources import Limits

    summary_of_scoring = scoring.score_files(
        paths,
        classifier_folder=model,
        destination=destination,
        columns=asdict(config.ingest.table),
        aliases=config.ingest.channel_aliases,
        limits=Limits(**asdict(config.ingest.limits)),
        min_characters=config.segment.min_characters,
        item_characters=config.segment.item_characters,
        shard_passages=config.score.shard_passages,
        engine=config.score.engine.value,
        evidence=config.score.evidence,
        formats=[form.value for form in config.score.formats],
        restart=restart,
        update=update,
        runner=recipes.runner(config, destination),
    )
    return str(summary_of_scoring)


def report(config: Config, folder: Path, destination: Path | None) -> Path:
    """A folder of scores → one HTML page for people who read rather than compute."""
    from pipeline import report as page
    from pipeline import scoring

    record = scoring.read_record(folder)
    kept = record.provenance["about"]["model_provenance"]
    plan = record.provenance["plan"]
    planned = plan["paragraphs"] if plan and not record.complete else None
    if planned is not None:
        _say("report", ["scoring was not finished; the page speaks of what is, and says so"])
    return page.write(
        folder,
        destination=destination or folder,
        codebook=record.codebook,
        title=config.report.title,
        strongest=config.report.strongest,
        provenance={**record.provenance, "complete": record.complete},
        training=page.training_profile(kept),
        errors=page.known_errors(kept),
        planned=planned,
    )


def _say(stage: str, notes: Sequence[str]) -> None:
    for note in notes:
        warn(f"{stage}: {note}")


def _texts(config: Config) -> pl.DataFrame:
    """The user's own labelled ones, else the shipped texts and those found in the user's copies."""
    from pipeline.annotation import hydration, store

    if config.labelled.given:
        return own_table.read(config).passages
    shipped = store.read_texts(Path(config.label.texts))
    return hydration.with_hydrated(shipped, Path(config.label.hydrated))


def _with_origin(config: Config, paragraphs: pl.DataFrame) -> pl.DataFrame:
    """With channel, source (the file) and voice of each paragraph, null where unknown."""
    posts = files.read_parquet(Tables(config.out).posts).select(
        "post_id", "channel", pl.col("source_file").str.extract(r"([^/\\]+)$").alias("source")
    )
    voices = _texts(config).select("passage_id", "voice")
    return paragraphs.join(posts, "post_id", "left").join(voices, "passage_id", "left")
