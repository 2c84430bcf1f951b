"""Pushes a queue into a project on a server, and pulls annotations from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.annotation.channels.page.queue import Item, Queue
from pipeline.annotation.channels.studio import exported, labelling
from pipeline.annotation.channels.studio.exported import Exported, People
from pipeline.annotation.channels.studio.server import LabelStudio
from pipeline.annotation.channels.studio.tasks import prediction, task
from pipeline.codebook import Codebook
from pipeline.errors import InputError

_AT_ONCE = 250
_TITLE_CHARACTERS = 50

# Passages → a model's answers to each (question → answer), and the model's version.
Suggest = Callable[[Sequence[Item]], tuple[list[dict[str, str]], str]]


@dataclass(frozen=True)
class Pushed:
    """Result of a push; ``known`` passages were already in the project and not sent."""

    project: int
    created: bool
    sent: int
    known: int


def title_of(name: str, codebook: Codebook) -> str:
    """Title of the project for this codebook version; each version has its own project."""
    title = f"{name}, codebook {codebook.version}"
    if len(title) > _TITLE_CHARACTERS:
        raise InputError(
            f"studio.project: the title {title!r} has {len(title)} characters, "
            f"but Label Studio allows {_TITLE_CHARACTERS}"
        )
    return title


def push(
    server: LabelStudio,
    queue: Queue,
    codebook: Codebook,
    *,
    name: str,
    annotators: int,
    suggest: Suggest | None = None,
) -> Pushed:
    """Send the passages that the project does not have, and create the project if needed.

    ``annotators`` is the number of coders per passage. An interrupted push can be repeated. With
    ``suggest`` tasks are prefilled with a model's answers.
    """
    settings = {
        "title": title_of(name, codebook),
        "label_config": labelling.page(codebook),
        "expert_instruction": labelling.instruction(codebook),
        "show_instruction": True,
        "show_skip_button": True,
        "enable_empty_annotation": False,
        "maximum_annotations": annotators,
    }
    found = server.project(str(settings["title"]))
    project = found or server.create(settings)
    number = int(project["id"])
    changed = {key: value for key, value in settings.items() if project.get(key) != value}
    if changed:
        server.change(number, changed)
    there = {data.get("passage_id") for data in server.task_data(number)} if found else set()
    waiting = [item for item in queue.items if item.passage_id not in there]
    for first in range(0, len(waiting), _AT_ONCE):
        some = waiting[first : first + _AT_ONCE]
        server.add(number, _tasks(some, queue, codebook, suggest))
    return Pushed(number, found is None, len(waiting), len(queue.items) - len(waiting))


def _tasks(
    items: Sequence[Item], queue: Queue, codebook: Codebook, suggest: Suggest | None
) -> list[dict[str, Any]]:
    tasks = [task(item, queue, codebook) for item in items]
    if suggest is not None:
        answers, version = suggest(items)
        for one, of_model in zip(tasks, answers, strict=True):
            one["predictions"] = [prediction(of_model, version, codebook)]
    return tasks


def pull(
    server: LabelStudio,
    codebook: Codebook,
    texts: Mapping[str, str],
    *,
    name: str,
    people: Mapping[str, str],
    only: str | None = None,
) -> Exported:
    """The checked answers in the project so far; raises :class:`InputError` for mistakes."""
    title = title_of(name, codebook)
    project = server.project(title)
    if project is None:
        raise InputError(
            f"{server.url}: no project {title!r}; create it with `rhetoric annotate studio push`"
        )
    number = int(project["id"])
    return exported.from_tasks(
        server.export(number),
        f"{server.url}, project {number}",
        codebook,
        texts,
        People(people, server.users(), only),
    )
