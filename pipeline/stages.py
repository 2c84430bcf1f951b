"""The pipeline's stages: each reads tables, calls one package, and writes tables.

Settings are only used here; the packages get plain values. The tables of a run are in the folder
``config.out``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.config import Config, components, effects, located, to_yaml
from pipeline.config.run_folder import NON_RESULT_SECTIONS, Tables
from pipeline.config.run_name import run_name
from pipeline.io import files
from pipeline.io.console import warn

if TYPE_CHECKING:
    from pipeline.tracking import ResultRecord


def ingest(config: Config) -> None:
    """Files of any collector → posts; each row of a labelled table is one post."""
    at = Tables(config.out)
    posts, dropped = components.corpus(config).posts()
    files.write_parquet(at.posts, posts)
    files.write_parquet(at.dropped_posts, dropped)


def segment(config: Config) -> None:
    """Posts → passages, with the families of near-duplicates."""
    from pipeline.text.near_duplicates import families
    from pipeline.text.segmentation import segment as cut

    at = Tables(config.out)
    kept, dropped = cut(
        files.read_parquet(at.posts),
        min_characters=config.segment.min_characters,
        item_characters=config.segment.item_characters,
    )
    kept = components.corpus(config).languages(kept)
    ids = families(kept["text"].to_list(), similarity=config.segment.family_similarity)
    files.write_parquet(at.paragraphs, kept.with_columns(pl.Series("family", ids, pl.String)))
    files.write_parquet(at.dropped_paragraphs, dropped)


def label(config: Config) -> None:
    """Coders' answers → one adjudicated label per passage and question, and agreement."""
    from pipeline.annotation import adjudication, agreement, selection

    at, codebook = Tables(config.out), _codebook(config)
    corpus = components.corpus(config)
    _say("label", corpus.notes)
    annotations = corpus.annotations(codebook)
    adjudicate = adjudication.METHODS[config.label.adjudication.value]
    files.write_parquet(at.annotations, annotations)
    people = corpus.people()
    votes = selection.voting(annotations, people, config.label.votes.value)
    files.write_parquet(at.labels, corpus.with_shares(adjudicate(votes, codebook)))
    looked_at = selection.of_people_or_all(annotations, people)
    files.write_json(at.agreement, agreement.measure(looked_at, codebook).as_json())


def split(config: Config) -> None:
    """Labelled passages → folds; near-duplicates, posts and contrast groups stay in one fold."""
    from pipeline import splits

    at = Tables(config.out)
    corpus = components.corpus(config)
    frozen = corpus.frozen_test
    labels, codebook = files.read_parquet(at.labels), _codebook(config)
    result = splits.split(
        splits.Material(files.read_parquet(at.paragraphs), labels, corpus.texts(), codebook),
        splits.SplitSettings(
            config.split.dev_share,
            config.split.test_share,
            config.segment.family_similarity,
            config.split.dev_voices,
            config.split.extend_test,
        ),
        frozenset() if frozen is None else splits.read_frozen(frozen),
        np.random.default_rng(config.seed),
    )
    files.write_parquet(at.folds, result.folds)
    _say("split", [*result.notes, *splits.scarce(result.folds, labels, codebook)])
    if frozen is not None and result.test_passages is not None:
        splits.write_frozen(frozen, result.test_passages)


def train(config: Config) -> None:
    """Train fold → a classifier, with calibration and thresholds fitted on dev.

    The encoder is then converted for fast scoring, quantised on train texts and compared with the
    original on dev texts. What an interrupted training left to be continued is removed at the end.
    """
    from pipeline.models.encoder.determinism import deterministic

    with deterministic(wanted=config.deterministic):
        _train(config)
    shutil.rmtree(Tables(config.out).checkpoints, ignore_errors=True)


def _train(config: Config) -> None:
    from pipeline.datasets.labeled_passages import labeled_passages
    from pipeline.models import openvino
    from pipeline.models.classifier import train_classifier

    at = Tables(config.out)
    codebook = _codebook(config)
    if unread := effects.idle(config):
        _say("train", [unread])
    coded = labeled_passages(
        files.read_parquet(at.paragraphs), files.read_parquet(at.labels), codebook
    )
    folds = files.read_parquet(at.folds)
    train_passages, dev_passages = coded.of_fold(folds, "train"), coded.of_fold(folds, "dev")
    classifier = train_classifier(
        components.recipe(config, codebook, checkpoints=at.checkpoints),
        train=train_passages,
        dev=dev_passages,
        codebook_path=located(config.codebook),
        even_frames=components.even_frames(config),
    )
    classifier.save(at.model)
    try:
        conversion = openvino.convert(
            classifier,
            quantise_on=train_passages.passages,
            compare_on=dev_passages.passages,
            rng=np.random.default_rng(config.seed),
        )
    except openvino.ConversionError as error:
        _say("train", [f"not converted for openvino, scoring will use torch: {error}"])
        return
    if conversion is not None:
        conversion.save(at.model)
        _say("train", [str(conversion)])


def evaluate(config: Config) -> None:
    """Evaluate on the test fold, reported as in-domain: metrics, intervals, mistakes.

    Intervals resample the split's components.
    """
    from pipeline.datasets.labeled_passages import labeled_passages
    from pipeline.evaluation import evaluate_predictions, with_components
    from pipeline.models.classifier import Classifier

    at, codebook = Tables(config.out), _codebook(config)
    folds = files.read_parquet(at.folds)
    paragraphs = _with_origin(config, files.read_parquet(at.paragraphs))
    paragraphs = with_components(paragraphs, folds.filter(fold="test"))
    coded = labeled_passages(paragraphs, files.read_parquet(at.labels), codebook).of_fold(
        folds, "test"
    )
    classifier = Classifier.load(at.model)
    evaluation = evaluate_predictions(
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


def track(config: Config) -> str | None:
    """Log the finished result to MLflow, unless the same files are already logged.

    Returns the run id, or None if tracking is disabled.
    """
    if not config.tracking.enabled:
        return None
    from pipeline import tracking

    return tracking.log_result(
        finished_result(config.out, to_yaml(config)),
        uri=config.tracking.uri,
        experiment=config.tracking.experiment,
        registered_model=config.tracking.registered_model,
    )


def finished_result(folder: str | Path, settings: str) -> ResultRecord:
    """The files of training and evaluation in a folder, with the settings as YAML."""
    from pipeline.tracking import ResultRecord

    at = Tables(folder)
    return ResultRecord(
        settings=settings,
        model=at.model,
        metrics=at.metrics,
        predictions=at.predictions,
        figures=at.figures,
        mistakes=at.mistakes,
        slices=at.slices,
        data=[at.labels, at.folds, at.paragraphs],
        ignored_sections=NON_RESULT_SECTIONS,
        name=run_name(settings),
    )


STAGES: dict[str, Callable[[Config], object]] = {**PIPELINE, "track": track}


def score(
    config: Config, paths: Sequence[Path], model: Path, destination: Path, resume: str = "go_on"
) -> str:
    """New posts → scores in shards; returns a short summary of what was read and written.

    ``resume`` is go_on, update or restart: how to treat scores from an earlier call.
    """
    from pipeline import scoring

    reading = scoring.Reading(
        asdict(config.ingest.table),
        config.ingest.channel_aliases,
        config.segment.min_characters,
        config.segment.item_characters,
        config.score.shard_passages,
        components.limits(config),
    )
    settings = scoring.ScoreSettings(
        model,
        reading,
        config.score.engine.value,
        config.score.evidence,
        [form.value for form in config.score.formats],
        config.score.device.value,
    )
    runner = components.runner(config, destination)
    how = scoring.Resume(resume)
    return str(scoring.score_files(paths, settings, destination, how, runner))


def report(config: Config, folder: Path, destination: Path | None) -> Path:
    """A folder of scores → one HTML report for readers."""
    from pipeline import report as page
    from pipeline import scoring

    record = scoring.read_record(folder)
    kept = record.provenance["about"]["model_provenance"]
    plan = record.provenance["plan"]
    planned = plan["paragraphs"] if plan and not record.complete else None
    if planned is not None:
        _say("report", ["scoring is not finished; the page covers the scores so far and says so"])
    return page.write(
        folder,
        destination or folder,
        record.codebook,
        page.ReportSettings(
            config.report.title, config.report.strongest, config.report.language.value
        ),
        page.Background(
            {**record.provenance, "complete": record.complete},
            page.training_profile(kept),
            page.known_errors(kept),
            planned,
        ),
    )


def _codebook(config: Config) -> Codebook:
    return codebooks.load(located(config.codebook))


def _say(stage: str, notes: Sequence[str]) -> None:
    for note in notes:
        warn(f"{stage}: {note}")


def _with_origin(config: Config, paragraphs: pl.DataFrame) -> pl.DataFrame:
    """Add channel, source (the file) and voice of each paragraph, null if unknown."""
    posts = files.read_parquet(Tables(config.out).posts).select(
        "post_id", "channel", pl.col("source_file").str.extract(r"([^/\\]+)$").alias("source")
    )
    voices = components.corpus(config).texts().select("passage_id", "voice")
    return paragraphs.join(posts, "post_id", "left").join(voices, "passage_id", "left")
