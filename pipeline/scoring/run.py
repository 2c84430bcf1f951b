"""Score files into a folder: once, whole, and from where it stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import sources
from pipeline.errors import InputError, did_you_mean
from pipeline.models.classifier import Classifier, version_of
from pipeline.progress import Progress, on_stderr
from pipeline.scoring import exports
from pipeline.scoring.beginning import identity_of, scorer_of, take_up
from pipeline.scoring.folder import ScoringFolder, sha256_of
from pipeline.scoring.ledger import Ledger, Plan
from pipeline.scoring.prepare import Prepared, Reading, prepare
from pipeline.scoring.runners import LocalRunner, Runner
from pipeline.scoring.shards import Scorer, ShardResult, shard_name
from pipeline.scoring.summary import ScoreSummary


def score_files(
    files: Sequence[Path],
    *,
    classifier_folder: Path,
    destination: Path,
    columns: Mapping[str, str | None],
    aliases: Mapping[str, str],
    min_characters: int,
    item_characters: int,
    shard_passages: int,
    evidence: bool,
    formats: Sequence[str],
    restart: bool = False,
    progress: Progress = on_stderr,
) -> ScoreSummary:
    """Read posts, segment them, score every paragraph; a call that was stopped is taken up again.

    Args:
        files: of any collector, or folders of Telegram Desktop. Of two copies of a post the later
            edit counts, then the later file.
        columns: field of a post → column of a table, as ``sources.read`` takes them.
        aliases: another name of a channel → the name that counts.
        shard_passages: paragraphs a shard, about.
        evidence: mark the sentence that carries a present frame (about doubles the work).
        formats: ``csv`` and ``jsonl`` beside the Parquet parts.
        restart: throw away what an earlier run left in ``destination``.

    Raises:
        InputError: the folder holds a run of another input, model, codebook or settings; another
            run is at work in it; the disk is full; a file cannot be read.
    """
    _check_formats(formats)
    folder = ScoringFolder(destination)
    reading = Reading(columns, aliases, min_characters, item_characters, shard_passages)
    try:
        classifier = Classifier.load(classifier_folder)
        scorer = scorer_of(classifier, version_of(classifier_folder), mark_evidence=evidence)
        distinct = sources.expand([str(path) for path in files])
        with folder.locked():
            identity = identity_of(distinct, scorer, reading)
            standing = take_up(folder, identity, classifier, restart=restart)
            run = _Run(distinct, folder, reading, standing, scorer)
            return run.to_the_end(formats, LocalRunner(), progress)
    except OSError as error:
        place = error.filename or destination
        raise InputError(
            f"{place}: {error.strerror or error}; what is finished in {destination} is kept, "
            "the same command goes on from there"
        ) from error


@dataclass(frozen=True)
class _Run:
    """One call of :func:`score_files` that holds the lock."""

    files: list[Path]
    folder: ScoringFolder
    reading: Reading
    ledger: Ledger
    scorer: Scorer

    def to_the_end(
        self, formats: Sequence[str], runner: Runner, progress: Progress
    ) -> ScoreSummary:
        finished = self._finished()
        plan = self.ledger.plan
        if plan is None or len(finished) < len(plan.shards) or not self._dropped_stands(plan):
            plan = self._prepared(progress)
            self._score(plan, finished, runner, progress)
        forms = [form for form in exports.FORMATS if form in formats]
        neutralised = exports.export(self.folder, forms) if forms else 0
        self.folder.sweep()
        return self._summary(plan, len(finished), neutralised, forms)

    def _finished(self) -> set[str]:
        """Shards of the ledger whose files stand as they were written."""
        return {
            name
            for name, result in self.ledger.shards.items()
            if _is(self.folder.part(name), result.sha256)
        }

    def _dropped_stands(self, plan: Plan) -> bool:
        return _is(self.folder.dropped_part, plan.dropped_sha256)

    def _prepared(self, progress: Progress) -> Plan:
        plan = Prepared(self.folder).plan()
        if plan is None or not self._dropped_stands(plan):
            plan = prepare(self.files, self.folder, self.reading, progress)
        if plan != self.ledger.plan:
            self.ledger.record_plan(plan)
        return plan

    def _score(self, plan: Plan, finished: set[str], runner: Runner, progress: Progress) -> None:
        prepared = Prepared(self.folder)

        def score(number: int) -> ShardResult:
            name = shard_name(number, plan.bits)
            return score_shard(name, prepared, number, plan.bits, self.scorer, self.folder)

        names = {number: shard_name(number, plan.bits) for number in plan.shards}
        missing = [number for number, name in names.items() if name not in finished]
        with progress(plan.paragraphs, "Scoring paragraphs") as advance:
            advance(sum(self.ledger.shards[name].rows for name in finished))
            for result in runner.run(missing, score):
                self.ledger.record_shard(result)
                advance(result.rows)

    def _summary(
        self, plan: Plan, reused: int, neutralised: int, forms: Sequence[str]
    ) -> ScoreSummary:
        trusted = self.scorer.languages
        exported = tuple(self.folder.export(form) for form in forms)
        return ScoreSummary(
            posts=plan.posts,
            kept=plan.paragraphs,
            dropped=plan.dropped,
            shards=len(plan.shards),
            reused_shards=reused,
            unsupported_languages={k: n for k, n in plan.languages.items() if k not in trusted},
            truncated=sum(result.cut for result in self.ledger.shards.values()),
            neutralised=neutralised,
            outputs=(self.folder.scores, self.folder.dropped, *exported),
        )


def score_shard(
    name: str, prepared: Prepared, number: int, bits: int, scorer: Scorer, folder: ScoringFolder
) -> ShardResult:
    """Score one shard and put its file in place."""
    scores, cut = scorer.score(prepared.shard(number, bits))
    with folder.publishing(folder.part(name)) as file:
        scores.write_parquet(file)
    return ShardResult(
        name=name,
        rows=scores.height,
        passages=scores["passage_id"].n_unique(),
        cut=int(cut.sum()),
        sha256=sha256_of(folder.part(name)),
    )


def _check_formats(formats: Sequence[str]) -> None:
    known = ["parquet", *exports.FORMATS]
    for form in formats:
        if form not in known:
            raise InputError(f"unknown format {form!r}{did_you_mean(form, known)}")


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
