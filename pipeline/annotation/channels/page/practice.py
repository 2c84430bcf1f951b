"""A short practice round before the queue, with examples from the codebook."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain, zip_longest

from pipeline.codebook import Codebook, Example, Question

LENGTH = 12


@dataclass(frozen=True)
class Exercise:
    """One question about one example; ``question`` is its index in the codebook."""

    question: int
    example: Example


def choose(codebook: Codebook, languages: Collection[str]) -> list[Exercise]:
    """At most :data:`LENGTH` exercises, one per question, alternating frames and targets.

    Examples in a language of the queue are preferred. Empty if the codebook has no examples.
    """
    exercises = [
        Exercise(place, example)
        for place, question in enumerate(codebook.questions)
        if (example := _example(question, place, languages)) is not None
    ]
    stance = [e for e in exercises if codebook.questions[e.question].is_stance]
    frames = [e for e in exercises if not codebook.questions[e.question].is_stance]
    in_turn = chain.from_iterable(zip_longest(frames, stance))
    return [exercise for exercise in in_turn if exercise is not None][:LENGTH]


def _example(question: Question, place: int, languages: Collection[str]) -> Example | None:
    """One of the question's examples; the expected answer varies from question to question."""
    examples = question.rule.examples
    readable = [e for e in examples if e.language in languages] or list(examples)
    if not readable:
        return None
    answers = [a for a in question.answers if any(e.answer == a for e in readable)]
    wanted = answers[place % len(answers)]
    return next(example for example in readable if example.answer == wanted)
