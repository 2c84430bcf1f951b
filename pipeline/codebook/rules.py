"""The parts of a codebook: frames, targets, rulings, and the questions they define."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.codebook import versions
from pipeline.codebook.cues import any_cue
from pipeline.errors import InputError, did_you_mean

FRAME_ANSWERS = ("present", "borderline", "absent", "cannot_say")
STANCES = ("against", "neutral", "favour")
STANCE_ANSWERS = (*STANCES, "absent", "cannot_say")
STANCE_PREFIX = "stance:"


@dataclass(frozen=True)
class Example:
    """An example passage written for the codebook, with its answer and the reason for it."""

    language: str
    answer: str
    text: str
    why: str = ""


@dataclass(frozen=True)
class Rule:
    """A frame or target: its code and the rule for coding it."""

    code: str
    name: dict[str, str]
    definition: str
    present_when: tuple[str, ...]
    not_when: tuple[str, ...]
    examples: tuple[Example, ...] = ()
    cues: dict[str, tuple[str, ...]] = field(default_factory=dict)
    core: bool = False
    # Of a frame that is a claim about somebody: target → the stance that the claim expresses.
    involves: dict[str, str] = field(default_factory=dict)
    # Two letters for coders who type their answers; derived if the file gives none.
    short: str = ""
    # Codebook versions: when the rule was added, and when it last changed the meaning of answers.
    # None: since the first version.
    added: str | None = None
    since: str | None = None

    @property
    def display_name(self) -> str:
        """The name in the first language that the file gives, for pages, sheets and reports."""
        return next(iter(self.name.values()))


@dataclass(frozen=True)
class Ruling:
    """A decision on a case that coders found unclear; it applies to the frames or targets named."""

    code: str
    text: str
    applies_to: tuple[str, ...]
    since: str | None = None
    # Language → cues, at least one of which a passage under the ruling contains. Empty: the ruling
    # may apply to any passage.
    cues: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def may_decide(self, text: str | None) -> bool:
        """Whether the ruling can apply to a passage; True if its text is not available."""
        return text is None or self._pattern is None or self._pattern.search(text) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        return any_cue(cue for cues in self.cues.values() for cue in cues)


def _later(since: str | None, version: str) -> bool:
    return since is not None and versions.earlier(version, since)


@dataclass(frozen=True)
class Question:
    """One question about a passage.

    ``name`` is the frame's code or ``stance:<target>``. ``outputs`` are the names of the model
    outputs that answer it: one for a frame, three (against, neutral, favour) for a target.
    """

    name: str
    rule: Rule
    is_stance: bool

    @property
    def answers(self) -> tuple[str, ...]:
        return STANCE_ANSWERS if self.is_stance else FRAME_ANSWERS

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(f"{self.name}={s}" for s in STANCES) if self.is_stance else (self.name,)


@dataclass(frozen=True)
class Codebook:
    """A validated codebook. Frames, targets and therefore outputs keep the order of the file."""

    version: str
    title: str
    unit: str
    frames: tuple[Rule, ...]
    targets: tuple[Rule, ...]
    rulings: tuple[Ruling, ...]
    digest: str
    # Words that indicate the voice's stance, for the lexicon baseline: stance → language → cues.
    tone: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        frames = tuple(Question(f.code, f, is_stance=False) for f in self.frames)
        return frames + tuple(
            Question(STANCE_PREFIX + t.code, t, is_stance=True) for t in self.targets
        )

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Names of the model's outputs, in order; ``len(outputs)`` is the width of every matrix."""
        return tuple(output for question in self.questions for output in question.outputs)

    def asked_in(self, version: str) -> tuple[Question, ...]:
        """The questions that "all" meant under an earlier version."""
        return tuple(
            question
            for question in self.questions
            if question.rule.added is None or not versions.earlier(version, question.rule.added)
        )

    def rulings_on(self, question: Question) -> tuple[Ruling, ...]:
        return tuple(r for r in self.rulings if question.rule.code in r.applies_to)

    def changes_after(self, version: str, text: str | None = None) -> dict[str, dict[str, str]]:
        """What changed after a version: question → rule or ruling → version of change.

        With the ``text`` of a passage, only changes that can affect the answers for that passage.
        """
        rulings = [r for r in self.rulings if _later(r.since, version) and r.may_decide(text)]
        changes: dict[str, dict[str, str]] = {}
        for question in self.questions:
            rule = question.rule
            dated = {"rule": rule.since} if _later(rule.since, version) else {}
            dated |= {f"ruling {r.code}": r.since for r in rulings if rule.code in r.applies_to}
            if dated:
                changes[question.name] = {what: since for what, since in dated.items() if since}
        return changes

    @property
    def frame_codes(self) -> tuple[str, ...]:
        return tuple(frame.code for frame in self.frames)

    @property
    def core_codes(self) -> tuple[str, ...]:
        return tuple(frame.code for frame in self.frames if frame.core)

    @property
    def target_codes(self) -> tuple[str, ...]:
        return tuple(target.code for target in self.targets)

    def columns_of(self, question: Question) -> list[int]:
        """Positions of a question's outputs in a ``(n, outputs)`` matrix."""
        first = self.outputs.index(question.outputs[0])
        return list(range(first, first + len(question.outputs)))

    @cached_property
    def columns_by_kind(self) -> tuple[list[int], list[int]]:
        """Positions of the outputs of all frames, and of all stances."""
        frames: list[int] = []
        stances: list[int] = []
        for question in self.questions:
            (stances if question.is_stance else frames).extend(self.columns_of(question))
        return frames, stances

    def question(self, name: str) -> Question:
        """The question of that name; raises :class:`InputError` suggesting the nearest one."""
        for question in self.questions:
            if question.name == name:
                return question
        known = [q.name for q in self.questions]
        kind = "stance target" if name.startswith(STANCE_PREFIX) else "frame"
        raise InputError(f"unknown {kind} {name!r}{did_you_mean(name, known)}")
