"""``rhetoric tune``: hyperparameter search over any settings, evaluated on dev and never on test.

The study is stored in ``runs/tune/<study>.db`` (SQLite). Running the same command again continues
it, also after Ctrl-C, until the requested number of trials has ended.
"""

from __future__ import annotations

import dataclasses
import hashlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import codebook as codebooks
from pipeline.config import Config, ModelKind, Space, compose, is_integer, located, to_yaml
from pipeline.config.components import check_hardware
from pipeline.config.effects import kinds_of, without_effect
from pipeline.config.run_folder import Tables
from pipeline.errors import InputError
from pipeline.experiments import by_hand
from pipeline.io import files
from pipeline.io.console import warn

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

    from pipeline.models.encoder.frozen_layers import FrozenLayerCache
    from pipeline.models.encoder.training import Epoch

FOLDER = Path("runs/tune")
# Setting → the setting that switches it on or off.
_SWITCHES = {
    "train.focusing": "train.loss",
    "model.probe.inverse_regularisation": "train.head_start",
}
SETTINGS = "settings"  # study attribute with the digest of settings, search space and data


def tune(settings: list[str]) -> str:
    """Run the missing trials; returns a summary with the command for the best settings.

    Raises InputError for an empty search space, a key that is not a setting, or a study that was
    started with other settings or labels.
    """
    import optuna

    from pipeline.models.encoder.frozen_layers import FrozenLayerCache

    config = compose(settings)
    _check(config)
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it logs a traceback on Ctrl-C
    study = _study(config)
    missing = config.tune.trials - sum(_counts(trial) for trial in study.trials)
    if missing > 0:
        frozen_cache = FrozenLayerCache(max_sets=2)  # train and dev
        study.optimize(
            lambda trial: _score(trial, settings, config.tune.space, frozen_cache),
            n_trials=missing,
            callbacks=[lambda _, trial: _report(config, study, trial)],
        )
    return _best(study, settings)


def _check(config: Config) -> None:
    if not config.tune.space:
        raise InputError("tune: an empty search space; choose one of configs/tune, e.g. tune=tfidf")
    if config.labelled.parts and not config.labelled.part:
        raise InputError("tune: choose a part of the cross-validation with labelled.part=P")
    check_hardware(config)
    for key, space in config.tune.space.items():
        if bool(space.choices) == (space.low is not None and space.high is not None):
            raise InputError(f"tune.space.{key}: give either low and high, or choices")
        if not space.choices:
            is_integer(key)  # refuses what is not a setting
    _refuse_without_effect(config)


def _refuse_without_effect(config: Config) -> None:
    """Raise InputError for tuned settings that the model does not read: every trial would be the
    same. A tuned ``model`` reads what any of its choices reads."""
    space = config.tune.space
    known = {kind.value: kind for kind in ModelKind}
    kinds = kinds_of(config)
    for key in ("model", "model.kind"):
        if key in space:
            kinds |= {known[name] for name in space[key].choices if name in known}
    if "model.ensemble.members" in space:
        kinds |= set(ModelKind)
    # Another tuned setting may be what switches one on.
    switched = {key for key in space if _SWITCHES.get(key, "") in space}
    idle = [key for key in without_effect(config, space, kinds) if key not in switched]
    if idle:
        model = config.model.kind.value
        spaces = ", ".join(f"tune={name} model={name}" for name in ("tfidf", "transformer"))
        raise InputError(
            f"tune: model={model} does not read {', '.join(idle)}; choose its space ({spaces}), or "
            "write one with tune=own"
        )


def _study(config: Config) -> Study:
    import optuna

    FOLDER.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name=config.tune.study,
        storage=f"sqlite:///{FOLDER / config.tune.study}.db",
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=config.tune.unpruned),
    )
    # With the same seed, a new sampler would repeat its first trials.
    study.sampler = optuna.samplers.TPESampler(seed=config.seed + len(study.trials))
    digest = _study_digest(config)
    if study.user_attrs.get(SETTINGS, digest) != digest:
        raise InputError(
            f"tune: the study {config.tune.study!r} in {FOLDER} was started with other settings, "
            "search space or labels; name another with tune.study=NAME"
        )
    study.set_user_attr(SETTINGS, digest)
    return study


def _study_digest(config: Config) -> str:
    """A digest of everything except the number of trials."""
    tuned = {key: dataclasses.asdict(space) for key, space in config.tune.space.items()}
    same = f"{by_hand.run_id(config)} {sorted(tuned.items())}"
    return hashlib.sha256(same.encode()).hexdigest()[:16]


def _counts(trial: FrozenTrial) -> bool:
    from optuna.trial import TrialState

    return trial.state in (TrialState.COMPLETE, TrialState.PRUNED)


def _score(
    trial: Trial, settings: list[str], space: dict[str, Space], frozen_cache: FrozenLayerCache
) -> float:
    """Mean average precision on dev of a model trained with the trial's settings."""
    import optuna

    from pipeline.config.components import recipe
    from pipeline.datasets.labeled_passages import labeled_passages
    from pipeline.models.encoder.training import mean_average_precision

    words = [f"{key}={_suggest(trial, key, one)}" for key, one in space.items()]
    trial.set_user_attr("words", words)
    config = compose([*settings, *words])

    def watch(epoch: Epoch) -> None:
        if epoch.dev_average_precision is not None:
            trial.report(epoch.dev_average_precision, epoch.number)
            if trial.should_prune():
                raise optuna.TrialPruned

    at = Tables(_tables(config).out)
    codebook = codebooks.load(located(config.codebook))
    coded = labeled_passages(
        files.read_parquet(at.paragraphs), files.read_parquet(at.labels), codebook
    )
    folds = files.read_parquet(at.folds)
    train, dev = coded.of_fold(folds, "train"), coded.of_fold(folds, "dev")
    fitted = recipe(config, codebook, watch, frozen_cache).fit(train, dev)
    score = mean_average_precision(fitted.probabilities(dev.passages), dev.soft, dev.asked)
    if score is None:
        raise InputError("tune: dev has no question with both answers, so trials cannot be scored")
    return score


def _tables(config: Config) -> Config:
    """The run with the tables for a trial, shared by all trials that differ only in the model."""
    plain = Config()
    data = dataclasses.replace(
        config, model=plain.model, backbone=plain.backbone, train=plain.train,
        evaluate=plain.evaluate,
    )  # fmt: skip
    return by_hand.by_hand(data, "split")


def _suggest(trial: Trial, key: str, space: Space) -> str:
    """A suggested value as typed on the command line; numbers are rounded to four significant
    digits, and the trial runs with the rounded value."""
    if space.choices:
        return str(trial.suggest_categorical(key, space.choices))
    assert space.low is not None
    assert space.high is not None
    if is_integer(key):
        return str(trial.suggest_int(key, int(space.low), int(space.high), log=space.log))
    return f"{trial.suggest_float(key, space.low, space.high, log=space.log):.4g}"


def _report(config: Config, study: Study, trial: FrozenTrial) -> None:
    """Print a line about the trial, and log it to MLflow as a child run."""
    words = trial.user_attrs.get("words", [])
    shown = "–" if trial.value is None else f"{trial.value:.4f}"
    warn(f"trial {trial.number}: {shown} {trial.state.name.lower()} {' '.join(words)}")
    if not config.tracking.enabled:
        return
    from pipeline import tracking

    tracking.log_trial(
        tracking.FinishedTrial(
            trial.number,
            dict(word.split("=", 1) for word in words),
            trial.state.name.lower(),
            trial.value,
            dict(trial.intermediate_values),
        ),
        study=f"{study.study_name} {study.user_attrs[SETTINGS]}",
        note=to_yaml(config),
        uri=config.tracking.uri,
        experiment=config.tracking.experiment,
    )


def _best(study: Study, settings: list[str]) -> str:
    ended = [trial for trial in study.trials if _counts(trial)]
    complete = [
        trial for trial in ended if trial.value is not None and trial.state.name == "COMPLETE"
    ]
    if not complete:
        return "no trial has ended with a score; run the same command to continue"
    best = max(complete, key=lambda trial: float(trial.value or 0.0))
    own = [word for word in settings if not word.lstrip("+~").startswith(("tune=", "tune."))]
    line = shlex.join(["rhetoric", "run", *own, *best.user_attrs["words"]])
    pruned = len(ended) - len(complete)
    return (
        f"{len(ended)} trials, {pruned} of them pruned; the best has a mean average precision of "
        f"{best.value:.4f} on dev:\n{line}"
    )
