"""Codebook and passage → the prompt, and the JSON schema of the answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.annotation.channels.language_model.settings import FULL, Settings
from pipeline.annotation.channels.page.queue import Item
from pipeline.codebook import Codebook, Question

_TEMPLATES = Path(__file__).parent / "templates"
_LONGEST_REPEATED = 4000  # maximum characters of an invalid reply in a retry

Message = Mapping[str, str]


def messages(
    item: Item, questions: Sequence[Question], codebook: Codebook, settings: Settings
) -> list[Message]:
    """The codebook as system message, the passage with its context as user message."""
    system = _template("system").render(
        codebook=codebook, questions=questions, full=settings.rules == FULL
    )
    user = _template("passage").render(opening=item.opening, before=item.before, text=item.text)
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def retry(
    asked: Sequence[Message], answer: str, problems: Sequence[str], questions: Sequence[Question]
) -> list[Message]:
    """The same messages, followed by the invalid reply and its problems."""
    request = _template("again").render(problems=problems, questions=questions)
    said = [{"role": "assistant", "content": answer[:_LONGEST_REPEATED]}] if answer.strip() else []
    return [*asked, *said, {"role": "user", "content": request}]


def schema(questions: Sequence[Question]) -> dict[str, Any]:
    """The JSON schema of a reply: exactly these questions, each with its allowed answers."""
    return {
        "type": "object",
        "properties": {
            question.name: {
                "type": "object",
                "properties": {
                    "answer": {"type": "string", "enum": list(question.answers)},
                    "evidence": {"type": "string"},
                },
                "required": ["answer", "evidence"],
                "additionalProperties": False,
            }
            for question in questions
        },
        "required": [question.name for question in questions],
        "additionalProperties": False,
    }


def digest(settings: Settings) -> str:
    """Twelve hexadecimal digits of the prompt without the codebook: templates and settings."""
    wording = [path.read_text(encoding="utf-8") for path in sorted(_TEMPLATES.glob("*.j2"))]
    content = json.dumps([*wording, settings.questions, settings.rules])
    return hashlib.sha256(content.encode()).hexdigest()[:12]


@cache
def _template(name: str) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # for a model, not for a browser
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{name}.md.j2")
