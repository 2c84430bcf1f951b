"""Comparison of finished results, and promotion to champion.

Like a stage, these functions read, call and write; the code below gets no config.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import yaml

from pipeline import stages
from pipeline.config import Config, located
from pipeline.errors import InputError
from pipeline.evaluation.comparison import page as comparison_page
from pipeline.evaluation.comparison import systems
from pipeline.evaluation.comparison import table as comparison_table
from pipeline.evaluation.comparison.paired import Comparison
from pipeline.evaluation.comparison.paired import compare as compared
from pipeline.evaluation.comparison.systems import Finished, System
from pipeline.io import files
from pipeline.tracking import log_result, promotion
from pipeline.tracking import results as tracked
from pipeline.tracking.results import Version


def compare(config: Config, runs: Sequence[str], page: Path | None) -> str:
    """Compare each result with the first on the same test rows, with intervals and p-values.

    A run is a folder, an MLflow run, ``champion``, or ``NAME=RUN,RUN`` for several seeds of one
    setting. Returns the tables, and writes an HTML page if ``page`` is given.
    """
    if page is not None and not page.suffix:
        page /= "comparison.html"
    with TemporaryDirectory() as scratch:
        found = [
            System(name, tuple(_finished(config, run, _short(run), Path(scratch)) for run in of))
            for name, of in map(systems.named, runs)
        ]
    baseline, *others = [replace(system, name=_short(system.name)) for system in found]
    comparisons = [_compared(config, baseline, other) for other in others]
    tables = "\n".join(comparison_table.table(comparison) for comparison in comparisons)
    if page is None:
        return tables
    files.write_text(page, comparison_page.render(comparisons))
    return f"{tables}\ncompare: {page}"


def promote(config: Config, run: str, reason: str | None) -> str:
    """Make the run's registered version champion if it is better, or for a stated reason.

    Raises InputError if it is not promoted; the decision is stored with the version either way.
    """
    if not config.tracking.enabled:
        raise InputError("promote: there is no registry with tracking.enabled=false")
    uri, name = config.tracking.uri, config.tracking.registered_model
    if Path(run).is_dir():
        run = _run_of(config, Path(run))
    elif not tracked.is_reference(run):
        raise _unknown(run)
    candidate = tracked.registered(run, uri=uri, registered_model=name)
    champion = promotion.present_champion(uri=uri, registered_model=name)
    if champion is not None and champion.number == candidate.number:
        return f"promote: version {candidate.number} is the champion already"
    decision = promotion.decide(
        _against(config, champion, candidate),
        against=None if champion is None else champion.number,
        reason=reason,
    )
    promotion.record_decision(candidate, decision, uri=uri, registered_model=name)
    if not decision.promoted:
        raise InputError(f"promote: not promoted. {decision.evidence} --reason TEXT overrides this")
    return f"promote: version {candidate.number} is champion now. {decision.evidence}"


def _against(config: Config, champion: Version | None, candidate: Version) -> Comparison | str:
    """The comparison, or a sentence that says why there is none."""
    if champion is None:
        return "There was no champion."
    with TemporaryDirectory() as scratch:
        try:
            baseline, other = (
                System(name, (_finished(config, version.run_id, name, Path(scratch)),))
                for version in (champion, candidate)
                for name in [f"version {version.number}"]
            )
            return _compared(config, baseline, other)
        except InputError as error:
            return f"Not comparable: {error}."


def _compared(config: Config, baseline: System, other: System) -> Comparison:
    return compared(
        baseline,
        other,
        samples=config.evaluate.bootstrap_samples,
        confidence=config.evaluate.confidence,
        rng=np.random.default_rng(config.seed),
    )


def _finished(config: Config, run: str, name: str, scratch: Path) -> Finished:
    """A result from its folder, or downloaded from MLflow to a folder in ``scratch``."""
    if Path(run).is_dir():
        return systems.read(Path(run), name, codebook_path=located(config.codebook))
    if not tracked.is_reference(run):
        raise _unknown(run)
    found = tracked.download(
        run,
        uri=config.tracking.uri,
        registered_model=config.tracking.registered_model,
        into=scratch,
    )
    return systems.read(found.folder, name, folds=found.folds)


def _unknown(run: str) -> InputError:
    return InputError(
        f"{run}: no such run; a run is a folder (build, runs/ID), a run's id in MLflow, "
        "models:/NAME/3, or champion"
    )


def _short(name: str) -> str:
    """The name for tables: MLflow run ids are shortened to eight digits."""
    return name[:8] if tracked.is_run_id(name) else name


def _run_of(config: Config, folder: Path) -> str:
    """The MLflow run id of a folder's result, which is logged first if necessary.

    Its settings are used unchanged: composing them again with a newer version could add keys and
    log the result twice.
    """
    for path in (folder / "params.yaml", Path("params.yaml")):
        settings = path.read_text(encoding="utf-8") if path.is_file() else ""
        out = (yaml.safe_load(settings) or {}).get("out", "")
        if out and (path.parent == folder or Path(out).resolve() == folder.resolve()):
            return log_result(
                stages.finished_result(folder, settings),
                uri=config.tracking.uri,
                experiment=config.tracking.experiment,
                registered_model=config.tracking.registered_model,
            )
    raise InputError(f"{folder}: no params.yaml with the settings of this result")
