"""A model's answers → annotation lines, and its entry in ``coders.yaml``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.annotation import coders as people
from pipeline.annotation.channels.language_model import answer_store, prompt
from pipeline.annotation.channels.language_model.answer_store import Answer, Task
from pipeline.annotation.channels.language_model.settings import Settings
from pipeline.annotation.channels.page.queue import Item
from pipeline.annotation.coders import LANGUAGE_MODEL, Coder
from pipeline.annotation.importing import check_pseudonym
from pipeline.annotation.lines import ABSENT, Line
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.io.locking import changing

UNDECIDED = "cannot_say"  # the answer for a tie of samples


@dataclass(frozen=True)
class Vote:
    """The samples' answers to one question."""

    answers: tuple[str, ...]
    evidence: tuple[str | None, ...]

    @property
    def answer(self) -> str:
        """The most frequent answer; ``cannot_say`` for a tie."""
        counted = Counter(self.answers).most_common()
        tied = len(counted) > 1 and counted[0][1] == counted[1][1]
        return UNDECIDED if tied else counted[0][0]

    @property
    def share(self) -> float:
        return self.answers.count(self.answer) / len(self.answers)

    @property
    def quote(self) -> str | None:
        """The evidence of the first sample with this answer and evidence."""
        given = zip(self.answers, self.evidence, strict=True)
        return next((words for answer, words in given if answer == self.answer and words), None)


def lines(
    items: Sequence[Item],
    given: Mapping[Task, Sequence[Answer]],
    codebook: Codebook,
    settings: Settings,
) -> Iterator[Line]:
    """A line per passage whose tasks are all done, without the questions that have no valid answer.
    Its note lists the questions on which samples differ."""
    source = f"{people.SOURCE_OF_MODELS} {answer_store.fingerprint(settings, codebook)}"
    of_passage: dict[str, list[Task]] = {}
    for task in given:
        of_passage.setdefault(task.passage_id, []).append(task)
    everything = [question.name for question in codebook.questions]
    for item in items:
        tasks = of_passage.get(item.passage_id, [])
        wanted = everything if item.asked is None else [q for q in everything if q in item.asked]
        if {(q, n) for q in wanted for n in range(settings.samples)} - {
            (q, task.sample) for task in tasks for q in task.asked
        }:
            continue
        votes = {q: vote for q in wanted if (vote := _vote(q, tasks, given)) is not None}
        if votes:
            at = max(answer.at for task in tasks for answer in given[task])
            yield _line(item, votes, everything, codebook, source, at)


def _vote(
    question: str, tasks: Sequence[Task], given: Mapping[Task, Sequence[Answer]]
) -> Vote | None:
    """The last answer of each sample to the question."""
    found = [
        next(
            (a for a in reversed(given[task]) if question in a.answers),
            None,
        )
        for task in tasks
        if question in task.asked
    ]
    named = [answer for answer in found if answer is not None]
    if not named:
        return None
    return Vote(
        tuple(answer.answers[question] for answer in named),
        tuple(answer.evidence.get(question) for answer in named),
    )


def _line(
    item: Item,
    votes: Mapping[str, Vote],
    everything: Sequence[str],
    codebook: Codebook,
    source: str,
    at: str,
) -> Line:
    split = [
        f"{name} {vote.answer} {vote.share:.0%}" for name, vote in votes.items() if vote.share < 1
    ]
    return Line(
        passage_id=item.passage_id,
        answers={q: vote.answer for q, vote in votes.items() if vote.answer != ABSENT},
        codebook_version=codebook.version,
        asked=None if list(votes) == list(everything) else tuple(votes),
        coded_at=at,
        source=source,
        note=f"shares of samples: {', '.join(split)}" if split else None,
        evidence={q: vote.quote for q, vote in votes.items() if vote.quote is not None},
    )


def coder_entry(name: str, settings: Settings) -> Coder:
    """The coder's entry in ``coders.yaml``."""
    return Coder(
        name=name,
        kind=LANGUAGE_MODEL,
        description=f"The language model {settings.model}, asked by `annotate ask`.",
        since=datetime.now(UTC).date().isoformat(),
        model=settings.model,
        prompt=prompt.digest(settings),
        settings=settings.of_answers(),
    )


def check_coder(name: str, path: Path, settings: Settings) -> bool:
    """Whether the coder is registered; raises InputError if its entry has other settings."""
    check_pseudonym(name)
    coder = people.read(path).get(name) if path.exists() else None
    if coder is None:
        return False
    if coder.kind != LANGUAGE_MODEL:
        raise InputError(f"{path}: {name} is a {coder.kind}; give the model another --coder name")
    new = coder_entry(name, settings)
    for what, before, now in (
        ("model", coder.model, new.model),
        ("prompt", coder.prompt, new.prompt),
        ("settings", coder.settings, new.settings),
    ):
        if before != now:
            raise InputError(
                f"{path}: {name} has {what} {_shown(before)}, but this run has {_shown(now)}; "
                "use another --coder for answers made with other settings"
            )
    return True


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={part}" for key, part in value.items())
    return "none" if value is None else repr(value)


def register(name: str, path: Path, settings: Settings) -> None:
    """Append the coder to ``coders.yaml`` unless it is registered."""
    import yaml

    with changing(path):
        if check_coder(name, path, settings):
            return
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        coder = coder_entry(name, settings)
        entry = {
            "kind": coder.kind, "description": coder.description, "since": coder.since,
            "model": coder.model, "prompt": coder.prompt, "settings": dict(coder.settings or {}),
        }  # fmt: skip
        added = yaml.safe_dump({name: entry}, sort_keys=False, allow_unicode=True, width=100)
        text = before + ("" if before.endswith("\n") or not before else "\n") + added
        found = yaml.safe_load(text)
        if not isinstance(found, dict) or name not in found:
            raise InputError(f"{path}: cannot add {name}; add the entry by hand:\n{added}")
        files.write_text(path, text)
