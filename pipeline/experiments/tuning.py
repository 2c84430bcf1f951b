"""``rhetoric tune``: a study over any typed settings, judged on dev and never on the test.

The study lies in ``runs/tune/<study>.db`` (SQLite). The same command goes on with it, after Ctrl-C
too, until as many trials as asked for have ended.
"""

from __future__ import annotations

import dataclasses
import hashlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import codebook as codebooks
from pipeline.config import Config, Space, compose, is_integer, located, to_yaml
from pipeline.config.run_folder import Tables
from pipeline.errors import InputError
from pipeline.experiments import by_hand
from pipeline.io import files
from pipeline.io.console import warn

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

    from pipeline.models.encoder.frozen_layers import Trunks
    from pipeline.models.encoder.training import Epoch

FOLDER = Path("runs/tune")
SETTINGS = "settings"  # the study's attribute that tells whether it is still the same question


def tune(settings: list[str]) -> str:
    """Run the trials that are missing; returns the best as the one line to type.

    Raises InputError for an empty space, a key that is no setting, or a study that was begun with
    other settings or labels.
    """
    import optuna

    from pipeline.models.encoder.frozen_layers import Trunks

    config = compose(settings)
    _check(config)
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it warns of Ctrl-C by a traceback
    study = _study(config)
    missing = config.tune.trials - sum(_counts(trial) for trial in study.trials)
    if missing > 0:
        trunks = Trunks(room=2)  # train and dev, while trials differ in nothing below
        study.optimize(
            lambda trial: _score(trial, settings, config.tune.space, trunks),
            n_trials=missing,
            callbacks=[lambda _, trial: _report(config, study, trial)],
        )
    return _best(study, settings)


def _check(config: Config) -> None:
    if not config.tune.space:
        raise InputError("tune: an empty search space; choose one of configs/tune, e.g. tune=tfidf")
    if config.labelled.parts and not config.labelled.part:
        raise InputError("tune: on which part of the cross-validation? labelled.part=P")
    for key, space in config.tune.space.items():
        if bool(space.choices) == (space.low is not None and space.high is not None):
            raise InputError(f"tune.space.{key}: give either low and high, or choices")


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
    # A sampler that begins anew with the same seed would draw its first trials again.
    study.sampler = optuna.samplers.TPESampler(seed=config.seed + len(study.trials))
    question = _question(config)
    if study.user_attrs.get(SETTINGS, question) != question:
        raise InputError(
            f"tune: the study {config.tune.study!r} in {FOLDER} was begun with other settings, "
            "search space or labels; name another with tune.study=NAME"
        )
    study.set_user_attr(SETTINGS, question)
    return study


def _question(config: Config) -> str:
    """A digest of everything but how many trials are wanted."""
    tuned = {key: dataclasses.asdict(space) for key, space in config.tune.space.items()}
    same = f"{by_hand.run_id(config)} {sorted(tuned.items())}"
    return hashlib.sha256(same.encode()).hexdigest()[:16]


def _counts(trial: FrozenTrial) -> bool:
    from optuna.trial import TrialState

    return trial.state in (TrialState.COMPLETE, TrialState.PRUNED)


def _score(trial: Trial, settings: list[str], space: dict[str, Space], trunks: Trunks) -> float:
    """Mean average precision on dev of what these settings learn from train."""
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
    fitted = recipe(config, codebook, watch, trunks).fit(train, dev)
    score = mean_average_precision(fitted.probabilities(dev.passages), dev.soft, dev.asked)
    if score is None:
        raise InputError("tune: dev has no question with both answers; nothing to judge by")
    return score


def _tables(config: Config) -> Config:
    """The run whose tables a trial learns from: the same for all that differ in models alone."""
    plain = Config()
    data = dataclasses.replace(
        config, model=plain.model, backbone=plain.backbone, train=plain.train,
        evaluate=plain.evaluate,
    )  # fmt: skip
    return by_hand.by_hand(data, "split")


def _suggest(trial: Trial, key: str, space: Space) -> str:
    """As it would be typed; a number with four digits, which is also what the trial runs with."""
    if space.choices:
        return str(trial.suggest_categorical(key, space.choices))
    assert space.low is not None
    assert space.high is not None
    if is_integer(key):
        return str(trial.suggest_int(key, int(space.low), int(space.high), log=space.log))
    return f"{trial.suggest_float(key, space.low, space.high, log=space.log):.4g}"


def _report(config: Config, study: Study, trial: FrozenTrial) -> None:
    """A line for the person who waits, a child run for MLflow."""
    words = trial.user_attrs.get("words", [])
    shown = "–" if trial.value is None else f"{trial.value:.4f}"
    warn(f"trial {trial.number}: {shown} {trial.state.name.lower()} {' '.join(words)}")
    if not config.tracking.enabled:
        return
    from pipeline import tracking

    tracking.log_trial(
        uri=config.tracking.uri,
        experiment=config.tracking.experiment,
        study=f"{study.study_name} {study.user_attrs[SETTINGS]}",
        number=trial.number,
        settings=dict(word.split("=", 1) for word in words),
        state=trial.state.name.lower(),
        score=trial.value,
        curve=dict(trial.intermediate_values),
        note=to_yaml(config),
    )


def _best(study: Study, settings: list[str]) -> str:
    ended = [trial for trial in study.trials if _counts(trial)]
    whole = [trial for trial in ended if trial.value is not None and trial.state.name == "COMPLETE"]
    if not whole:
        return "no trial has ended with a score; the same command goes on"
    best = max(whole, key=lambda trial: float(trial.value or 0.0))
    own = [word for word in settings if not word.lstrip("+~").startswith(("tune=", "tune."))]
    line = shlex.join(["rhetoric", "run", *own, *best.user_attrs["words"]])
    pruned = len(ended) - len(whole)
    return (
        f"{len(ended)} trials, {pruned} of them pruned; the best has a mean average precision of "
        f"{best.value:.4f} on dev:\n{line}"
    )
