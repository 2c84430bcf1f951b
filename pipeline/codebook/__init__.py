"""The codebook: the questions asked of each passage, and the rules for answering them.

``labels/codebook.yaml`` is the only place that names a frame or a stance target. All other code
gets questions and outputs from a :class:`Codebook`, so another codebook needs no code changes.
"""

from pipeline.codebook.reading import load, parse
from pipeline.codebook.rules import (
    FRAME_ANSWERS,
    STANCE_ANSWERS,
    STANCE_PREFIX,
    STANCES,
    Codebook,
    Example,
    Question,
    Rule,
    Ruling,
)

__all__ = [
    "FRAME_ANSWERS",
    "STANCES",
    "STANCE_ANSWERS",
    "STANCE_PREFIX",
    "Codebook",
    "Example",
    "Question",
    "Rule",
    "Ruling",
    "load",
    "parse",
]
