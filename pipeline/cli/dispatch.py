"""What each word of the command line does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from pipeline import stages
from pipeline.cli.words import ANNOTATE_COMMANDS, LABELS_COMMANDS, Words
from pipeline.config import Config, compose, read_params
from pipeline.errors import InputError
from pipeline.experiments import external
from pipeline.experiments.run import run, run_sweep
from pipeline.io.console import say, warn


def perform(words: Words) -> int:
    """Run the command; returns its exit code."""
    if words.multirun:
        return _sweep(words)
    if words.command in stages.PIPELINE or words.command == "track":
        return _stage(words, compose(words.settings) if words.params is None else None)
    return _OTHERS[words.command](words)


def _stage(words: Words, config: Config | None) -> int:
    """A stage: exactly as DVC asks for it, or by hand in a folder of its own."""
    if config is None:
        assert words.params is not None
        stages.STAGES[words.command](read_params(words.params))
        return 0
    if words.command == "evaluate" and words.model is not None:
        return _evaluate_elsewhere(words, config)
    if words.files:
        # Posts are cut into passages; whatever goes on to learn needs labels beside the texts.
        section = config.ingest if words.command in ("ingest", "segment") else config.labelled
        section.files = [str(path) for path in words.files]
        config.ingest.hydrated = False
    if words.output is not None or words.command == "ingest":
        return _into_folder(words, config)
    run(config, words.command)
    return 0


def _into_folder(words: Words, config: Config) -> int:
    """One stage alone, reading from and writing to a folder that the user names."""
    if words.output is None:
        raise InputError("ingest: say where the posts go: -o DIR")
    config = dataclasses.replace(config, out=str(words.output))
    stages.STAGES[words.command](config)
    say(f"{words.command}: done, see {words.output}/")
    return 0


def _run(words: Words) -> int:
    run(compose(words.settings))
    return 0


def _tune(words: Words) -> int:
    if words.files:
        table = ",".join(str(path) for path in words.files)
        raise InputError(f"tune takes settings alone; a table is labelled.files=[{table}]")
    from pipeline.experiments.tuning import tune

    say(tune(words.settings))
    return 0


def _evaluate_elsewhere(words: Words, config: Config) -> int:
    """Figures on coded JSONL files outside the folds."""
    if not words.files:
        raise InputError("evaluate --model DIR needs a coded JSONL FILE")
    if words.output and len(words.files) > 1:
        raise InputError(
            "evaluate: -o DIR holds the figures of one file; give one FILE, or leave -o out"
        )
    for path in words.files:
        say(external.evaluate(config, words.model or Path(), path, words.output))
    return 0


def _score(words: Words) -> int:
    if not words.files:
        raise InputError("score: which FILES? e.g. rhetoric score result.json -o scored")
    if words.output is None:
        raise InputError("score: say where the scores go: -o DIR")
    from pipeline.experiments.by_hand import default_model, described

    config = compose(words.settings)
    model = words.model or default_model(config)
    warn(f"score: by {described(model)}")
    if words.restart and words.update:
        raise InputError("--restart throws away what --update would add to; give one of them")
    resume = "restart" if words.restart else "update" if words.update else "go_on"
    say(stages.score(config, words.files, model, words.output, resume))
    return 0


def _recalibrate(words: Words) -> int:
    if len(words.files) != 1:
        raise InputError(
            "recalibrate: which coded FILE? e.g. rhetoric recalibrate coded.jsonl -o my_model"
        )
    if words.output is None:
        raise InputError("recalibrate: say where the new model goes: -o DIR")
    from pipeline.experiments.by_hand import default_model

    config = compose(words.settings)
    model = words.model or default_model(config)
    say(external.recalibrate(config, model, words.files[0], words.output))
    return 0


def _report(words: Words) -> int:
    if len(words.files) != 1:
        raise InputError("report: which folder of scores? e.g. rhetoric report scored")
    if words.output and words.output.suffix == ".html":
        raise InputError(
            f"report: -o {words.output}: give a folder; report.html and its figures go into it"
        )
    page = stages.report(compose(words.settings), words.files[0], words.output)
    say(f"report: {page}")
    return 0


def _compare(words: Words) -> int:
    if len(words.runs) < 2:
        raise InputError(
            "compare: which RUNs, the baseline first? e.g. rhetoric compare runs/A runs/B"
        )
    from pipeline.experiments.comparing import compare

    say(compare(compose(words.settings), words.runs, words.output))
    return 0


def _promote(words: Words) -> int:
    if len(words.runs) != 1:
        raise InputError("promote: which RUN? e.g. rhetoric promote build")
    if words.reason is not None and not words.reason.strip():
        raise InputError("promote: --reason is empty")
    from pipeline.experiments.comparing import promote

    say(promote(compose(words.settings), words.runs[0], words.reason))
    return 0


def _sweep(words: Words) -> int:
    """Hydra's multirun: a run for each combination of settings."""
    if words.files and words.model is not None:
        raise InputError("evaluate --model DIR judges one model; it does not go with -m")
    return 1 if run_sweep(words.settings, words.command, [str(path) for path in words.files]) else 0


def _labels(name: str) -> Callable[[Words], int]:
    def handler(words: Words) -> int:
        from pipeline.cli import labels

        return labels.perform(name, words, compose(words.settings))

    return handler


def _annotate(name: str) -> Callable[[Words], int]:
    def handler(words: Words) -> int:
        if name.startswith("studio "):
            from pipeline.cli import studio

            return studio.perform(name, words, compose(words.settings))
        from pipeline.cli import annotate

        return annotate.perform(name, words, compose(words.settings))

    return handler


_OTHERS: dict[str, Callable[[Words], int]] = {
    "run": _run,
    "tune": _tune,
    "recalibrate": _recalibrate,
    "score": _score,
    "report": _report,
    "compare": _compare,
    "promote": _promote,
    **{f"labels {name}": _labels(name) for name in LABELS_COMMANDS},
    **{f"annotate {name}": _annotate(name) for name in ANNOTATE_COMMANDS},
}
