"""The codebook: which questions are asked of a passage, and by which rules they are answered.

``labels/codebook.yaml`` is the only place that names a frame or a stance target. Everything else
asks a :class:`Codebook` for its questions and outputs, so another codebook needs no change of code.
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
