"""Builds components from settings; the only place where components are built."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.config.choices import ModelKind, RunnerKind, Thresholds, TrainMethod
from pipeline.config.data import Ingest, Labelled
from pipeline.config.locations import located
from pipeline.config.settings import Config
from pipeline.models.base import Recipe

if TYPE_CHECKING:
    from pipeline.annotation.channels.language_model import Settings as LanguageModelSettings
    from pipeline.datasets.corpus import Corpus, LabelsFolder
    from pipeline.datasets.table import LabeledTable
    from pipeline.models.encoder.backbones import Backbone
    from pipeline.models.encoder.frozen_layers import FrozenLayerCache
    from pipeline.models.encoder.training import TrainingSettings, Watch
    from pipeline.scoring.runners import Runner
    from pipeline.sources import Limits


def corpus(config: Config) -> Corpus:
    """The user's labelled table if one is given, else ``labels/``."""
    if config.labelled.given:
        return labeled_table(config)
    return labels_folder(config)


def labels_folder(config: Config) -> LabelsFolder:
    """``labels/``, with the files of ``ingest.files`` as posts."""
    from pipeline.datasets.corpus import LabelsFolder

    hydrated = Path(config.label.hydrated)
    files = post_files(config)
    if config.ingest.hydrated:
        files += sorted(hydrated.glob("*.jsonl"))
    return LabelsFolder(
        texts_folder=Path(config.label.texts),
        annotations_folder=Path(config.label.annotations),
        coders=Path(config.label.coders),
        hydrated=hydrated,
        frozen_test=Path(config.split.test_passages),
        post_files=files,
        columns=asdict(config.ingest.table),
        aliases=config.ingest.channel_aliases,
        limits=limits(config),
    )


def post_files(config: Config) -> list[Path]:
    """The files of ``ingest.files``; its default may match none, since all texts of a project may
    be hydrated. Raises InputError for other patterns that match nothing."""
    from pipeline import sources

    default = Ingest().files
    typed = [name for name in config.ingest.files if name not in default or any(Path().glob(name))]
    return sources.expand(typed)


def limits(config: Config) -> Limits:
    """The size limits of input files."""
    from pipeline import sources

    return sources.Limits(**asdict(config.ingest.limits))


def labeled_table(config: Config) -> LabeledTable:
    """The user's labelled table, read and validated."""
    from pipeline.datasets import table

    settings = config.labelled
    columns = {name: getattr(settings, name) for name in table.FIELDS}
    layout = table.Layout(
        {name: column for name, column in columns.items() if column is not None},
        tuple(settings.header),
        settings.separator,
        settings.answers,
        settings.part,
    )
    codebook = codebooks.load(located(config.codebook))
    return table.read(table_files(settings), layout, codebook)


def table_files(settings: Labelled) -> dict[str | None, list[Path]]:
    """Fold → files of the labelled table; None → files with a fold per row."""
    from pipeline import sources

    folds = {None: settings.files, "train": settings.train, "dev": settings.dev}
    return {
        fold: sources.expand(
            [str(Path(settings.folder, name.replace("{part}", settings.part))) for name in names]
        )
        for fold, names in {**folds, "test": settings.test}.items()
    }


def language_model(config: Config) -> LanguageModelSettings:
    """What ``annotate ask`` asks of which model."""
    from pipeline.annotation.channels.language_model import Settings

    llm = config.llm
    return Settings(
        url=llm.url,
        model=llm.model,
        questions=llm.questions.value,
        rules=llm.rules.value,
        samples=llm.samples,
        temperature=llm.temperature,
        max_tokens=llm.max_tokens,
        concurrency=llm.concurrency,
        per_minute=llm.per_minute,
        most_requests=llm.limit.requests,
        most_tokens=llm.limit.tokens,
        timeout=llm.timeout,
        attempts=llm.attempts,
    )


def recipe(
    config: Config,
    codebook: Codebook,
    watch: Watch | None = None,
    frozen_cache: FrozenLayerCache | None = None,
    checkpoints: Path | None = None,
) -> Recipe:
    """The recipe that ``config.model`` names, with sentence pooling if its share is above 0.

    ``watch`` is called after each epoch of fine-tuning. ``frozen_cache`` keeps outputs of frozen
    layers and can be reused in later training runs. ``checkpoints`` is the folder in which a
    training of every layer leaves what it needs to be continued.
    """
    from pipeline.models.involved_stances import InvolvedStancesRecipe, claims_of
    from pipeline.models.sentence_pooling import SentencePoolingRecipe

    model = _recipe(
        config.model.kind, config, codebook, FineTuning(watch, frozen_cache, checkpoints)
    )
    settings = config.model.sentences
    if settings.share > 0:
        model = SentencePoolingRecipe(model, settings.pooling.value, settings.share)
    claims = claims_of(codebook)
    if not config.model.involved_stances or not claims:
        return model
    return InvolvedStancesRecipe(model, claims)


@dataclass(frozen=True)
class FineTuning:
    """What is not a setting, and only fine-tuning asks for."""

    watch: Watch | None
    frozen_cache: FrozenLayerCache | None
    checkpoints: Path | None


def _recipe(kind: ModelKind, config: Config, codebook: Codebook, beside: FineTuning) -> Recipe:
    match kind:
        case ModelKind.lexicon:
            from pipeline.models.linear.lexicon import LexiconRecipe

            return LexiconRecipe(codebook)
        case ModelKind.tfidf:
            return _tfidf(config)
        case ModelKind.probe:
            return _probe(config)
        case ModelKind.transformer:
            return _transformer(config, codebook, beside)
        case ModelKind.mentions:
            return _mentions(config, codebook)
        case ModelKind.ensemble:
            return _ensemble(config, codebook, beside)


def even_frames(config: Config) -> bool:
    """Whether frames are decided at one half, as for texts unlike those the model learnt from.

    A user's own table is judged on texts like those it was trained on, so there the threshold is
    the one with the best F1.
    """
    if config.model.thresholds is Thresholds.auto:
        return not config.labelled.given
    return config.model.thresholds is Thresholds.half


def _tfidf(config: Config) -> Recipe:
    from pipeline.models.linear.tfidf import TfidfRecipe

    settings = config.model.tfidf
    return TfidfRecipe(
        word_ngrams=settings.word_ngrams,
        character_ngrams=settings.character_ngrams,
        min_documents=settings.min_documents,
        inverse_regularisation=settings.inverse_regularisation,
        context=settings.context.value,
    )


def backbone(config: Config) -> Backbone:
    """The language model that ``config.backbone`` names."""
    from pipeline.models.encoder.backbones import load_backbone

    settings = config.backbone
    return load_backbone(
        settings.kind.value,
        settings.name,
        settings.prefix,
        settings.pooling.value,
        settings.max_length,
    )


def _probe(config: Config) -> Recipe:
    from pipeline.io.progress import on_stderr
    from pipeline.models.encoder.probe import ProbeRecipe

    settings = config.model.probe
    return ProbeRecipe(
        backbone(config), settings.inverse_regularisation, settings.context.value, on_stderr
    )


def _transformer(config: Config, codebook: Codebook, beside: FineTuning) -> Recipe:
    if config.train.method is not TrainMethod.frozen:
        return _every_layer(config, beside)
    from pipeline.io.progress import on_stderr
    from pipeline.models.encoder.fine_tuning import FineTuningRecipe
    from pipeline.models.encoder.frozen_layers import FrozenLayerCache
    from pipeline.models.encoder.training import unwatched

    targets = [question for question in codebook.questions if question.is_stance]
    if config.train.target_reader is False:
        targets = []
    return FineTuningRecipe(
        backbone(config),
        _training(config),
        on_stderr,
        beside.watch or unwatched,
        beside.frozen_cache or FrozenLayerCache(),
        cues=[[cue for words in t.rule.cues.values() for cue in words] for t in targets],
        columns=[list(codebook.columns_of(t)) for t in targets],
    )


def _every_layer(config: Config, beside: FineTuning) -> Recipe:
    """By way of transformers' trainer; a device that is not there is said before any work."""
    from pipeline.io.progress import on_stderr
    from pipeline.models.encoder.full_training import HardwareSettings
    from pipeline.models.encoder.full_tuning import FullTuningRecipe
    from pipeline.models.encoder.lora import LoraSettings
    from pipeline.models.encoder.training import unwatched

    settings = config.train
    device, precision = training_device(config)
    hardware = HardwareSettings(
        device,
        precision,
        settings.accumulation,
        settings.gradient_checkpointing,
        settings.checkpoint_steps,
    )
    adapters = LoraSettings(settings.lora.rank, settings.lora.alpha, settings.lora.dropout)
    return FullTuningRecipe(
        backbone(config),
        _training(config),
        hardware,
        settings.embeddings,
        adapters if settings.method is TrainMethod.lora else None,
        beside.checkpoints,
        on_stderr,
        beside.watch or unwatched,
    )


def training_device(config: Config) -> tuple[str, str]:
    """The device and the precision in which every layer is trained.

    Raises:
        InputError: this machine has no such device, it does not compute in that precision, or an
            extra that the method needs is not installed.
    """
    from pipeline.models.encoder import devices, lora

    device = devices.device_here(config.train.device.value, "train.device")
    if config.train.method is TrainMethod.lora:
        lora.check_installed()
    return device, devices.precision_on(device, config.train.precision.value)


def check_hardware(config: Config) -> None:
    """Raises InputError if the settings train on a device that this machine lacks."""
    kinds = [config.model.kind]
    if ModelKind.ensemble in kinds:
        kinds = config.model.ensemble.members
    if ModelKind.transformer in kinds and config.train.method is not TrainMethod.frozen:
        training_device(config)


def _training(config: Config) -> TrainingSettings:
    from pipeline.models.encoder.losses import LossSettings
    from pipeline.models.encoder.training import TrainingSettings

    settings = config.train
    frozen = settings.frozen_layers
    return TrainingSettings(
        epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_share=settings.warmup_share,
        batch_size=settings.batch_size,
        frozen_layers=config.backbone.frozen_layers if frozen is None else frozen,
        dropout=settings.dropout,
        loss=LossSettings(settings.loss.value, settings.max_positive_weight, settings.focusing),
        layer_decay=settings.layer_decay,
        kept_share=settings.kept_share,
        average_epochs=settings.average_epochs,
        patience=settings.patience,
        context=settings.context.value,
        seed=config.seed,
        head_start=settings.head_start.value,
        probe_inverse_regularisation=config.model.probe.inverse_regularisation,
    )


def _mentions(config: Config, codebook: Codebook) -> Recipe:
    from pipeline.models.linear.mentions import MentionsRecipe

    settings = config.model.mentions
    return MentionsRecipe(
        codebook,
        window=settings.window,
        min_documents=settings.min_documents,
        inverse_regularisation=settings.inverse_regularisation,
    )


def _ensemble(config: Config, codebook: Codebook, beside: FineTuning) -> Recipe:
    from pipeline.models.ensemble import EnsembleRecipe

    settings = config.model.ensemble
    members = {kind.value: _recipe(kind, config, codebook, beside) for kind in settings.members}
    return EnsembleRecipe(members, settings.weights or [1.0] * len(members))


def runner(config: Config, destination: Path) -> Runner:
    """The runner that ``config.runner`` names, for a scoring folder."""
    settings = config.runner
    match settings.kind:
        case RunnerKind.local:
            from pipeline.scoring.runners import LocalRunner

            return LocalRunner(settings.workers)
        case RunnerKind.ray:
            from pipeline.scoring.runners.cluster import RayRunner
            from pipeline.scoring.runners.exchange import Exchange

            return RayRunner(
                workers=settings.workers,
                cpus=settings.cpus,
                address=settings.address,
                exchange=Exchange.of(settings.exchange, destination),
            )
