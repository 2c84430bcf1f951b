"""Queue → tasks of Label Studio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.annotation.channels.page.queue import Item, Queue
from pipeline.annotation.channels.studio.labelling import TEXT, control
from pipeline.annotation.lines import ABSENT
from pipeline.codebook import Codebook

_NO_CONTEXT = "(The passage is the beginning of its post.)"


def tasks_of(queue: Queue, codebook: Codebook) -> list[dict[str, Any]]:
    """The queue as tasks to import into Label Studio."""
    return [task(item, queue, codebook) for item in queue.items]


def task(item: Item, queue: Queue, codebook: Codebook) -> dict[str, Any]:
    """A task with everything that the interface shows and the import needs."""
    asked = None if item.asked is None else list(item.asked)
    return {
        "data": {
            "passage_id": item.passage_id,
            "text": item.text,
            "context": _context(item),
            "opening": item.opening,
            "before": item.before,
            "language": item.language,
            "asks": _asks(item, codebook),
            "asked": asked,
            "codebook_version": codebook.version,
            "queue": queue.digest,
        }
    }


def _context(item: Item) -> str:
    """Opening and before as one text; "…" marks omitted text between them."""
    if item.opening and item.before:
        return f"{item.opening} …\n\n… {item.before}"
    return item.opening or item.before or _NO_CONTEXT


def _asks(item: Item, codebook: Codebook) -> str:
    if item.asked is None:
        return "Read the context, then code the passage below it."
    names = [q.rule.display_name for q in codebook.questions if q.name in item.asked]
    return f"Answer only: {', '.join(names)}. Other answers are ignored."


def prediction(
    answers: Mapping[str, str], model_version: str, codebook: Codebook
) -> dict[str, Any]:
    """A model's answers (question → answer) as a prediction, without absent ones."""
    result = [
        {
            "from_name": control(question),
            "to_name": TEXT,
            "type": "choices",
            "value": {"choices": [answers[question.name]]},
        }
        for question in codebook.questions
        if answers.get(question.name, ABSENT) != ABSENT
    ]
    return {"model_version": model_version, "result": result}
