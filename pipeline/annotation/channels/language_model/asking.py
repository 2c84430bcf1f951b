"""Passages → a language model's answers: requests the missing ones, within the budget."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.annotation.channels.language_model import answer_store, prompt
from pipeline.annotation.channels.language_model import answers as reading
from pipeline.annotation.channels.language_model.answer_store import Answer, AnswerStore, Task
from pipeline.annotation.channels.language_model.budget import Budget, BudgetExceededError, estimate
from pipeline.annotation.channels.language_model.endpoint import Endpoint
from pipeline.annotation.channels.language_model.failures import (
    RefusedError,
    TransientError,
    UnusableError,
)
from pipeline.annotation.channels.language_model.settings import APART, Settings
from pipeline.annotation.channels.page.queue import Item
from pipeline.codebook import Codebook, Question
from pipeline.errors import InputError
from pipeline.io.progress import Advance, Progress, quiet

TRIES = 2  # requests per task; an invalid reply is retried once
_IN_A_ROW = 5  # consecutive failed requests after which the run stops


@dataclass
class Run:
    """Result of a run; ``stopped`` is why it ended early, else None."""

    tasks: int
    done_before: int
    answered: int = 0
    incomplete: int = 0  # tasks with invalid or missing answers
    failed: dict[str, int] = field(default_factory=dict)  # reason → tasks left for the next run
    requests: int = 0
    tokens: int = 0
    stopped: str | None = None


@dataclass(frozen=True)
class Plan:
    """The tasks of a run; ``waiting`` are unanswered, ``tokens`` is an upper bound for them."""

    tasks: tuple[Task, ...]
    waiting: tuple[Task, ...]
    tokens: int


def tasks_of(items: Iterable[Item], codebook: Codebook, settings: Settings) -> Iterator[Task]:
    """A task per passage and sample, and per question if questions are asked separately."""
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
    """Plan a run without sending requests."""
    tasks = tuple(tasks_of(items, codebook, settings))
    with answer_store.open_store(folder, settings, codebook) as known:
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
    """Request the answers that are not in ``folder``; returns the run and all answers to ``items``.

    Ctrl-C ends the run with ``stopped`` set; answers are on disk and not requested again. Raises
    InputError for an invalid URL and if another run has locked the folder.
    """
    tasks = list(tasks_of(items, codebook, settings))
    with answer_store.open_store(folder, settings, codebook) as known:
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
        known: AnswerStore,
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
            except BudgetExceededError as error:
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
        """Request until the reply is valid, at most :data:`TRIES` times; whether it is."""
        item = self.items[task.passage_id]
        questions = [self.codebook.question(name) for name in task.asked]
        first = prompt.messages(item, questions, self.codebook, self.settings)
        while not _done(given := self.known.of_task.get(task, [])):
            asked = first
            if given:
                asked = prompt.retry(first, given[-1].written, given[-1].problems, questions)
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
            found = reading.ParsedReply(problems=(str(error),))
        else:
            text, tokens = written.text, written.tokens
            found = reading.parse(text, questions, item.text)
            if written.cut_off and found.problems:
                limit = f"the answer was cut off after llm.max_tokens={self.settings.max_tokens}"
                found = reading.ParsedReply(found.answers, found.evidence, (limit, *found.problems))
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return Answer(task, text, found.answers, found.evidence, found.problems, tokens, at)


def check(settings: Settings) -> None:
    """Raise InputError for settings that cannot work, before anything is read."""
    if not settings.model.strip():
        raise InputError("llm.model is empty; give the name of the model on the server")
