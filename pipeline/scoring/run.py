"""Score files into a folder: once, whole, from where it stopped, and what is new since."""

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
from pipeline.scoring.resume import identity_of, stand, take_back, take_up
from pipeline.scoring.runners import Job, LocalRunner, Runner
from pipeline.scoring.shards import ScoredShard, Scorer, ShardResult
from pipeline.scoring.summary import ScoreSummary
from pipeline.scoring.updates import Earlier


class Resume(Enum):
    """What a call does with what an earlier one left in its folder.

    ``go_on`` takes up a call of the same input that was stopped; ``update`` scores, in shards of
    its own, what the input has gained since; ``restart`` throws away what is there.
    """

    go_on = "go_on"
    update = "update"
    restart = "restart"


@dataclass(frozen=True)
class ScoreSettings:
    """How posts are read and scored.

    Attributes:
        classifier_folder: a saved classifier.
        reading: how files are read and cut into paragraphs and shards.
        engine: ``openvino``, or ``torch``, the reference; see ``engines.choose``.
        evidence: mark the sentence that carries a present frame.
        formats: ``csv``, ``xlsx`` and ``jsonl`` beside the Parquet parts.
        device: that torch computes on: auto, cpu, cuda or mps.
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
    """Read posts, segment them, score every paragraph; a call that was stopped is taken up again.

    An update scores, in shards of its own, what no earlier call scored; a call before it that was
    stopped is finished first, or, where its input and its work folder are gone, gives way to it.

    Args:
        files: of any collector, or folders of Telegram Desktop. Of two copies of a post the later
            edit counts, then the later file.
        runner: where shards are scored; None: in this process.

    Raises:
        InputError: the folder holds a run of another input, model, codebook or settings; another
            run is at work in it; the disk is full; a file cannot be read.
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
        if chosen.instead is not None:
            warn(f"score: {chosen.instead}")
        scorer = source.scorer(classifier, chosen.engine)
        distinct = sources.expand([str(path) for path in files])
        fresh = not destination.exists()
        with folder.locked(), _removed_if_refused(folder, fresh=fresh):
            identity = identity_of(distinct, scorer, settings.reading)
            standing = take_up(
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
                standing,
                source,
                scorer,
                runner or LocalRunner(),
                progress,
            )
            return run.to_the_end(settings.formats)
    except OSError as error:
        place = error.filename or destination
        raise InputError(
            f"{place}: {error.strerror or error}; what is finished in {destination} is kept, "
            "the same command goes on from there"
        ) from error


@contextmanager
def _removed_if_refused(folder: ScoringFolder, *, fresh: bool) -> Iterator[None]:
    """Input that cannot be read leaves no new folder behind, which would refuse the right input."""
    try:
        yield
    except InputError:
        if fresh and not folder.parts():
            shutil.rmtree(folder.path)
        raise


@dataclass(frozen=True)
class _Run:
    """One call of :func:`score_files` that holds the lock."""

    inputs: Inputs
    folder: ScoringFolder
    reading: Reading
    ledger: Ledger
    source: ScorerSource
    scorer: Scorer
    runner: Runner
    progress: Progress

    def to_the_end(self, formats: Sequence[str]) -> ScoreSummary:
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
        """Whether a table of an earlier call lies there, which an update brings up to date."""
        return self.ledger.last.number > 0 and self.folder.export(form).exists()

    def _begin_update(self) -> None:
        last = self.ledger.last
        number = last.number + 1
        if last.complete or self._waits(last) or stand(last.inputs):
            self._finish(last)
        else:
            number = last.number
            take_back(self.folder, number)
        self.ledger.record_update(number, self.inputs)

    def _finish(self, round_: Round) -> int:
        """Score what is missing of a round; returns how many shards stood already."""
        finished = self._finished(round_)
        plan = round_.plan
        if plan is None or len(finished) < len(round_.names()) or not self._dropped_stands(round_):
            self._prepare(round_)
            self._score(round_, finished)
        return len(finished)

    def _finished(self, round_: Round) -> set[str]:
        """Shards of the ledger whose files stand as they were written."""
        return {
            name
            for name, result in round_.shards.items()
            if _is(self.folder.part(name), result.sha256)
        }

    def _dropped_stands(self, round_: Round) -> bool:
        part = self.folder.dropped_part(round_.number)
        return round_.plan is not None and _is(part, round_.plan.dropped_sha256)

    def _waits(self, round_: Round) -> bool:
        """Whether the paragraphs of a round lie ready in the work folder."""
        waiting = Prepared(self.folder, round_.number).plan()
        part = self.folder.dropped_part(round_.number)
        return waiting is not None and _is(part, waiting.dropped_sha256)

    def _prepare(self, round_: Round) -> None:
        plan = Prepared(self.folder, round_.number).plan()
        if plan is None or not self._waits(round_):
            plan = self._read_again(round_)
        if plan != round_.plan:
            self.ledger.record_plan(round_, plan)

    def _read_again(self, round_: Round) -> Plan:
        if not stand(round_.inputs):
            raise InputError(
                f"{self.folder.path}: scores of an earlier call are missing or damaged, and the "
                "files that they came from have changed; put the scores back from a copy, or "
                "--restart to score all anew"
            )
        earlier = self.ledger.rounds[: round_.number]
        files = [Path(name) for name, _ in round_.inputs]
        known = Earlier(
            scores=[self.folder.part(name) for one in earlier for name in one.names().values()],
            dropped=[self.folder.dropped_part(one.number) for one in earlier],
        )
        return prepare(files, self.folder, round_.number, known, self.reading, self.progress)

    def _score(self, round_: Round, finished: set[str]) -> None:
        plan, names = round_.plan, round_.names()
        assert plan is not None
        missing = {number: name for number, name in names.items() if name not in finished}
        waiting = Prepared(self.folder, round_.number).waiting(plan)
        job = Job(missing, waiting, self.source, self.scorer)
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
        standing = sum(result.rows for round_ in earlier for result in round_.shards.values())
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
            standing=standing if earlier else None,
        )


def _check_formats(formats: Sequence[str]) -> None:
    known = ["parquet", *EXPORTS]
    for form in formats:
        if form not in known:
            raise InputError(f"unknown format {form!r}{did_you_mean(form, known)}")


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
