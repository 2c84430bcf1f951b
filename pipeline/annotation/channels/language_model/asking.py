"""Passages → a language model's answers: everything that is missing is asked, within the budget."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.annotation.channels.language_model import answers as reading
from pipeline.annotation.channels.language_model import kept, prompt
from pipeline.annotation.channels.language_model.budget import Budget, SpentError, estimate
from pipeline.annotation.channels.language_model.endpoint import Endpoint
from pipeline.annotation.channels.language_model.failures import (
    RefusedError,
    TransientError,
    UnusableError,
)
from pipeline.annotation.channels.language_model.kept import Answer, Kept, Task
from pipeline.annotation.channels.language_model.settings import APART, Settings
from pipeline.annotation.channels.page.queue import Item
from pipeline.codebook import Codebook, Question
from pipeline.errors import InputError
from pipeline.io.progress import Advance, Progress, quiet

TRIES = 2  # an answer that breaks the rules is asked again once
_IN_A_ROW = 5  # requests that fail on the way before the run stops


@dataclass
class Run:
    """What a run did. ``stopped`` says why it ended early, None where everything was asked."""

    tasks: int
    done_before: int
    answered: int = 0
    incomplete: int = 0  # with questions that were not answered by the rules
    failed: dict[str, int] = field(default_factory=dict)  # reason → tasks that will be asked again
    requests: int = 0
    tokens: int = 0
    stopped: str | None = None


@dataclass(frozen=True)
class Plan:
    """What is to be asked, told before it starts; ``tokens`` is an estimate from above."""

    tasks: tuple[Task, ...]
    waiting: tuple[Task, ...]
    tokens: int


def tasks_of(items: Iterable[Item], codebook: Codebook, settings: Settings) -> Iterator[Task]:
    """A task for each passage and sample; for each of its questions where they are asked apart."""
    everything = tuple(question.name for question in codebook.questions)
    for item in items:
        asked = (
            everything if item.asked is None else tuple(q for q in everything if q in item.asked)
        )
        groups = [(name,) for name in asked] if settings.questions == APART else [asked]
        for group in groups:
            for sample in range(settings.samples):
                yield Task(item.passage_id, group, sample)


def plan(items: Sequence[Item], codebook: Codebook, settings: Settings, folder: Path) -> Plan:
    """What asking these passages takes, without asking anything."""
    tasks = tuple(tasks_of(items, codebook, settings))
    with kept.opened(folder, settings, codebook) as known:
        waiting = tuple(task for task in tasks if not _done(known.of_task.get(task, [])))
    by_id = {item.passage_id: item for item in items}
    tokens = 0
    for task in waiting:
        questions = [codebook.question(name) for name in task.asked]
        asked = prompt.messages(by_id[task.passage_id], questions, codebook, settings)
        tokens += estimate(asked, settings.max_tokens)
    return Plan(tasks, waiting, tokens)


def ask(
    items: Sequence[Item],
    codebook: Codebook,
    settings: Settings,
    folder: Path,
    *,
    progress: Progress = quiet,
    first_wait: float = 1.0,
) -> tuple[Run, Mapping[Task, list[Answer]]]:
    """Ask what is not in ``folder`` yet; returns what was done, and all answers to these passages.

    An interruption (Ctrl-C) ends the run with ``stopped`` set: what was answered is on disk and is
    not asked again. Raises InputError for an address that is none and for a folder that another run
    holds.
    """
    tasks = list(tasks_of(items, codebook, settings))
    with kept.opened(folder, settings, codebook) as known:
        waiting = [task for task in tasks if not _done(known.of_task.get(task, []))]
        run = Run(len(tasks), len(tasks) - len(waiting))
        budget = Budget(settings.most_requests, settings.most_tokens)
        with progress(len(waiting), f"asking {settings.model}") as advance:
            asker = _Asker(items, codebook, settings, known, run, advance)
            try:
                asyncio.run(asker.all(waiting, budget, first_wait))
            except KeyboardInterrupt:
                run.stopped = "interrupted"
        run.requests, run.tokens = budget.requests, budget.tokens
        wanted = set(tasks)
        return run, {task: given for task, given in known.of_task.items() if task in wanted}


def _done(given: Sequence[Answer]) -> bool:
    return len(given) >= TRIES or any(not answer.problems for answer in given)


class _Asker:
    def __init__(
        self,
        items: Sequence[Item],
        codebook: Codebook,
        settings: Settings,
        known: Kept,
        run: Run,
        advance: Advance,
    ) -> None:
        self.items = {item.passage_id: item for item in items}
        self.codebook = codebook
        self.settings = settings
        self.known = known
        self.run = run
        self.advance = advance
        self.in_a_row = 0

    async def all(self, tasks: Sequence[Task], budget: Budget, first_wait: float) -> None:
        waiting = iter(tasks)
        async with Endpoint(self.settings, budget, first_wait) as endpoint:
            workers = min(self.settings.concurrency, len(tasks))
            await asyncio.gather(*(self._work(waiting, endpoint) for _ in range(workers)))

    async def _work(self, waiting: Iterator[Task], endpoint: Endpoint) -> None:
        for task in waiting:
            if self.run.stopped is not None:
                return
            try:
                complete = await self._task(task, endpoint)
            except SpentError as error:
                self.run.stopped = str(error)
            except RefusedError as error:
                self._failed(str(error), stop=error.for_all)
            except TransientError as error:
                self._failed(str(error), stop=False)
            else:
                self.in_a_row = 0
                self.run.answered += 1
                self.run.incomplete += not complete
                self.advance(1)

    def _failed(self, reason: str, *, stop: bool) -> None:
        self.run.failed[reason] = self.run.failed.get(reason, 0) + 1
        self.in_a_row += 1
        if self.run.stopped is None and (stop or self.in_a_row >= _IN_A_ROW):
            self.run.stopped = reason

    async def _task(self, task: Task, endpoint: Endpoint) -> bool:
        """Ask until there is an answer by the rules, or twice; whether there is one."""
        item = self.items[task.passage_id]
        questions = [self.codebook.question(name) for name in task.asked]
        first = prompt.messages(item, questions, self.codebook, self.settings)
        while not _done(given := self.known.of_task.get(task, [])):
            asked = first
            if given:
                asked = prompt.again(first, given[-1].written, given[-1].problems, questions)
            self.known.add(await self._once(task, item, questions, asked, endpoint))
        return not given[-1].problems

    async def _once(
        self,
        task: Task,
        item: Item,
        questions: Sequence[Question],
        asked: Sequence[prompt.Message],
        endpoint: Endpoint,
    ) -> Answer:
        text, tokens = "", 0
        try:
            written = await endpoint.write(asked, prompt.schema(questions))
        except UnusableError as error:
            found = reading.Answered(problems=(str(error),))
        else:
            text, tokens = written.text, written.tokens
            found = reading.parse(text, questions, item.text)
            if written.cut_off and found.problems:
                limit = f"the answer was cut off after llm.max_tokens={self.settings.max_tokens}"
                found = reading.Answered(found.answers, found.evidence, (limit, *found.problems))
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return Answer(task, text, found.answers, found.evidence, found.problems, tokens, at)


def check(settings: Settings) -> None:
    """Refuse what no run can be made with, before anything is read."""
    if not settings.model.strip():
        raise InputError("llm.model is empty; name the model as its server calls it")
