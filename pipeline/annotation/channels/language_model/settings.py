"""Settings of a language model as coder. Defaults are in ``pipeline.config``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TOGETHER, APART = "together", "apart"
FULL, DEFINITIONS = "full", "definitions"


@dataclass(frozen=True)
class Settings:
    """One model at one URL.

    Attributes:
        url: of an OpenAI-compatible API, such as ``http://localhost:11434/v1``.
        questions: ``together`` in one request, or ``apart`` in one request per question.
        rules: ``full`` with cases, rulings and examples, or only ``definitions``.
        samples: replies per passage; the most frequent answer counts.
        max_tokens: maximum length of a reply.
        concurrency: number of concurrent requests.
        per_minute: maximum requests per minute; None: no limit.
        most_requests, most_tokens: budget of one run, including retries; None: no limit.
        timeout: seconds per request.
        attempts: attempts per request on transient failures (429, 5xx, no connection).
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
        """The settings that affect answers, as recorded in ``coders.yaml``."""
        return {
            "questions": self.questions,
            "rules": self.rules,
            "samples": self.samples,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
        }
