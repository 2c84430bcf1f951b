"""Scores files into a folder; resumes interrupted runs and scores new text in updates."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pipeline import sources
from pipeline.errors import InputError, did_you_mean
from pipeline.io.console import warn
from pipeline.io.progress import Progress, on_stderr
from pipeline.models.classifier import Classifier
from pipeline.scoring import exports
from pipeline.scoring.exports import Exported
from pipeline.scoring.fingerprint import Inputs
from pipeline.scoring.folder import EXPORTS, ScoringFolder, sha256_of
from pipeline.scoring.ledger import Ledger, Plan, Round
from pipeline.scoring.loading import ScorerSource
from pipeline.scoring.prepare import Prepared, Reading, prepare
from pipeline.scoring.resume import discard_round, identity_of, inputs_unchanged, open_ledger
from pipeline.scoring.runners import Job, LocalRunner, Runner
from pipeline.scoring.shards import ScoredShard, Scorer, ShardResult
from pipeline.scoring.summary import ScoreSummary
from pipeline.scoring.updates import EarlierRounds


class Resume(Enum):
    """How a call treats the scores of an earlier call in its folder.

    ``go_on`` resumes an interrupted call with the same input; ``update`` scores text that is new
    in the input, in additional shards; ``restart`` deletes the earlier scores.
    """

    go_on = "go_on"
    update = "update"
    restart = "restart"


@dataclass(frozen=True)
class ScoreSettings:
    """How posts are read and scored.

    Attributes:
        classifier_folder: a saved classifier.
        reading: how files are read and divided into paragraphs and shards.
        engine: ``openvino``, or ``torch``, the reference; see ``engines.choose``.
        evidence: find the evidence sentence of each present frame.
        formats: exports in addition to the Parquet parts: ``csv``, ``xlsx``, ``jsonl``.
        device: on which torch computes: auto, cpu, cuda or mps.
    """

    classifier_folder: Path
    reading: Reading
    engine: str = "openvino"
    evidence: bool = True
    formats: Sequence[str] = ("parquet",)
    device: str = "auto"


def score_files(
    files: Sequence[Path],
    settings: ScoreSettings,
    destination: Path,
    resume: Resume = Resume.go_on,
    runner: Runner | None = None,
    progress: Progress = on_stderr,
) -> ScoreSummary:
    """Read and segment posts and score every paragraph; an interrupted call is resumed.

    An update scores text that no earlier call has scored, in additional shards. An interrupted call
    before it is finished first, or replaced if its input and work folder no longer exist.

    Args:
        files: files of any collector, or folders of Telegram Desktop. Of several copies of a post
            the latest edit is scored; of equal edits, that in the last file.
        runner: where shards are scored; None: in this process.

    Raises:
        InputError: the folder holds a run with another input, model, codebook or settings; another
            run is using it; the disk is full; a file cannot be read.
    """
    _check_formats(settings.formats)
    folder = ScoringFolder(destination)
    model = settings.classifier_folder
    try:
        classifier = Classifier.load(model)
        source = ScorerSource(
            model, settings.engine, mark_evidence=settings.evidence, device=settings.device
        )
        chosen = source.choose(classifier)
        if chosen.fallback_reason is not None:
            warn(f"score: {chosen.fallback_reason}")
        scorer = source.scorer(classifier, chosen.engine)
        distinct = sources.expand([str(path) for path in files])
        fresh = not destination.exists()
        with folder.locked(), _removed_if_refused(folder, fresh=fresh):
            identity = identity_of(distinct, scorer, settings.reading)
            ledger = open_ledger(
                folder,
                identity,
                classifier,
                restart=resume is Resume.restart,
                update=resume is Resume.update,
            )
            run = _Run(
                identity.inputs,
                folder,
                settings.reading,
                ledger,
                source,
                scorer,
                runner or LocalRunner(),
                progress,
            )
            return run.run(settings.formats)
    except OSError as error:
        place = error.filename or destination
        raise InputError(
            f"{place}: {error.strerror or error}; finished shards in {destination} are kept; "
            "run the same command to continue"
        ) from error


@contextmanager
def _removed_if_refused(folder: ScoringFolder, *, fresh: bool) -> Iterator[None]:
    """Remove a new folder if its input is refused; it would refuse the corrected input."""
    try:
        yield
    except InputError:
        if fresh and not folder.parts():
            shutil.rmtree(folder.path)
        raise


@dataclass(frozen=True)
class _Run:
    """One call of :func:`score_files`, which holds the lock."""

    inputs: Inputs
    folder: ScoringFolder
    reading: Reading
    ledger: Ledger
    source: ScorerSource
    scorer: Scorer
    runner: Runner
    progress: Progress

    def run(self, formats: Sequence[str]) -> ScoreSummary:
        for round_ in self.ledger.rounds[:-1]:
            self._finish(round_)
        if self.inputs != self.ledger.last.inputs:
            self._begin_update()
        reused = self._finish(self.ledger.last)
        forms = [form for form in EXPORTS if form in formats or self._outdated(form)]
        exported = exports.export(self.folder, forms) if forms else Exported()
        self.folder.sweep()
        return self._summary(reused, exported, forms)

    def _outdated(self, form: str) -> bool:
        """Whether an update must rewrite an export of an earlier call."""
        return self.ledger.last.number > 0 and self.folder.export(form).exists()

    def _begin_update(self) -> None:
        last = self.ledger.last
        number = last.number + 1
        if last.complete or self._is_prepared(last) or inputs_unchanged(last.inputs):
            self._finish(last)
        else:
            number = last.number
            discard_round(self.folder, number)
        self.ledger.record_update(number, self.inputs)

    def _finish(self, round_: Round) -> int:
        """Score the missing shards of a round; returns the number that were already finished."""
        finished = self._finished(round_)
        plan = round_.plan
        if plan is None or len(finished) < len(round_.names()) or not self._dropped_intact(round_):
            self._prepare(round_)
            self._score(round_, finished)
        return len(finished)

    def _finished(self, round_: Round) -> set[str]:
        """Names of the ledger's shards whose files are intact."""
        return {
            name
            for name, result in round_.shards.items()
            if _has_digest(self.folder.part(name), result.sha256)
        }

    def _dropped_intact(self, round_: Round) -> bool:
        part = self.folder.dropped_part(round_.number)
        return round_.plan is not None and _has_digest(part, round_.plan.dropped_sha256)

    def _is_prepared(self, round_: Round) -> bool:
        """Whether the work folder has the prepared paragraphs of a round."""
        prepared = Prepared(self.folder, round_.number).plan()
        part = self.folder.dropped_part(round_.number)
        return prepared is not None and _has_digest(part, prepared.dropped_sha256)

    def _prepare(self, round_: Round) -> None:
        plan = Prepared(self.folder, round_.number).plan()
        if plan is None or not self._is_prepared(round_):
            plan = self._prepare_again(round_)
        if plan != round_.plan:
            self.ledger.record_plan(round_, plan)

    def _prepare_again(self, round_: Round) -> Plan:
        if not inputs_unchanged(round_.inputs):
            raise InputError(
                f"{self.folder.path}: scores of an earlier call are missing or damaged, and their "
                "input files have changed; restore the scores from a copy, or use --restart to "
                "score everything again"
            )
        earlier = self.ledger.rounds[: round_.number]
        files = [Path(name) for name, _ in round_.inputs]
        known = EarlierRounds(
            scores=[self.folder.part(name) for one in earlier for name in one.names().values()],
            dropped=[self.folder.dropped_part(one.number) for one in earlier],
        )
        return prepare(files, self.folder, round_.number, known, self.reading, self.progress)

    def _score(self, round_: Round, finished: set[str]) -> None:
        plan, names = round_.plan, round_.names()
        assert plan is not None
        missing = {number: name for number, name in names.items() if name not in finished}
        pending = Prepared(self.folder, round_.number).pending(plan)
        job = Job(missing, pending, self.source, self.scorer)
        with self.progress(plan.paragraphs, "Scoring paragraphs") as advance:
            advance(sum(round_.shards[name].rows for name in finished))
            for shard in self.runner.run(job):
                self._put_in_place(round_, names[shard.number], shard)
                advance(shard.rows)

    def _put_in_place(self, round_: Round, name: str, shard: ScoredShard) -> None:
        with self.folder.publishing(self.folder.part(name)) as file:
            file.write(shard.parquet)
        self.ledger.record_shard(
            round_,
            ShardResult(
                name=name,
                rows=shard.rows,
                passages=shard.passages,
                cut=shard.cut,
                sha256=hashlib.sha256(shard.parquet).hexdigest(),
            ),
        )

    def _summary(self, reused: int, exported: Exported, forms: Sequence[str]) -> ScoreSummary:
        last, earlier = self.ledger.last, self.ledger.rounds[:-1]
        plan, trusted = last.plan, self.scorer.languages
        assert plan is not None
        unchanged = sum(result.rows for round_ in earlier for result in round_.shards.values())
        return ScoreSummary(
            posts=plan.posts,
            kept=plan.paragraphs,
            dropped=plan.dropped,
            shards=len(last.names()),
            reused_shards=reused,
            unsupported_languages={k: n for k, n in plan.languages.items() if k not in trusted},
            truncated=sum(result.cut for result in last.shards.values()),
            neutralised=exported.neutralised,
            shortened=exported.shortened,
            outputs=(self.folder.scores, self.folder.dropped, *map(self.folder.export, forms)),
            unchanged=unchanged if earlier else None,
        )


def _check_formats(formats: Sequence[str]) -> None:
    known = ["parquet", *EXPORTS]
    for form in formats:
        if form not in known:
            raise InputError(f"unknown format {form!r}{did_you_mean(form, known)}")


def _has_digest(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
