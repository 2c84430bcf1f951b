"""What is asked of which model, and how fast. Defaults stand in ``pipeline.config``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TOGETHER, APART = "together", "apart"
FULL, DEFINITIONS = "full", "definitions"


@dataclass(frozen=True)
class Settings:
    """One model at one address.

    Attributes:
        url: of an OpenAI-compatible API, such as ``http://localhost:11434/v1``.
        questions: ``together`` in one request, or ``apart``, one request a question.
        rules: ``full`` with cases, rulings and examples, or ``definitions`` alone.
        samples: answers asked for each passage; the most frequent one counts.
        max_tokens: the longest answer.
        concurrency: requests under way at once.
        per_minute: most requests a minute; None: as fast as they are answered.
        most_requests, most_tokens: budget of one run, retries included; None: no limit.
        timeout: seconds for one whole answer.
        attempts: how often a request is sent that fails on the way (429, 5xx, no connection).
    """

    url: str
    model: str
    questions: str
    rules: str
    samples: int
    temperature: float
    max_tokens: int
    concurrency: int
    per_minute: int | None
    most_requests: int | None
    most_tokens: int | None
    timeout: float
    attempts: int

    def of_answers(self) -> dict[str, Any]:
        """The settings that bear on what is answered, as ``coders.yaml`` records them."""
        return {
            "questions": self.questions,
            "rules": self.rules,
            "samples": self.samples,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
        }
