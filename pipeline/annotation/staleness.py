"""Finds answers that a later change of the codebook made stale.

A rule or ruling that changed the meaning of answers has ``since``, the version of the change. An
answer under an earlier version is *stale*: it still counts, is reported, and can be asked again. If
the change raised the major version, the answer is *void* and does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.annotation import lines as coded
from pipeline.annotation.lines import Line
from pipeline.codebook import Codebook, versions

_NAMED = 3


def known(version: str, codebook: Codebook) -> bool:
    """Whether the version is the codebook's or an earlier one."""
    return version == codebook.version or versions.earlier(version, codebook.version)


def void_questions(version: str, codebook: Codebook) -> frozenset[str]:
    """The questions whose meaning changed after the version."""
    if version == codebook.version:
        return frozenset()
    changes = codebook.changes_after(version)
    return frozenset(
        question
        for question, dated in changes.items()
        if any(versions.breaks(version, since) for since in dated.values())
    )


def stale(
    lines: Iterable[Line], codebook: Codebook, texts: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """Passage → questions to ask a coder again, in the codebook's order: the current answer is
    stale or void, or the question was added after the coder had answered all.

    With ``texts`` (passage → text), rulings with cues apply only to passages that contain one.
    """
    given = list(lines)
    if all(line.codebook_version == codebook.version for line in given):
        return {}
    of_passage: dict[str, list[Line]] = {}
    for line in given:
        of_passage.setdefault(line.passage_id, []).append(line)
    found: dict[str, list[str]] = {}
    for passage, history in of_passage.items():
        standing = coded.current(history, codebook)
        text = (texts or {}).get(passage)
        answered_in = {own[-1].codebook_version for own in standing.values() if own}
        changed = {v: codebook.changes_after(v, text) for v in answered_in - {codebook.version}}
        all_asked = any(line.asked is None for line in history)
        wanted = [
            question.name
            for question in codebook.questions
            if _waits(question.name, standing.get(question.name), changed, all_asked=all_asked)
        ]
        if wanted:
            found[passage] = wanted
    return found


def _waits(
    question: str,
    standing: Sequence[Line] | None,
    changed: Mapping[str, Mapping[str, object]],
    *,
    all_asked: bool,
) -> bool:
    """Whether an answer is missing, or came before what ``changed`` since its version."""
    if not standing:
        return all_asked
    return question in changed.get(standing[-1].codebook_version, {})


def messages(
    lines: Sequence[Line], codebook: Codebook, coder: str, texts: Mapping[str, str] | None = None
) -> list[str]:
    """A message per question with stale answers of a coder: how many, why, what to do."""
    found = stale(lines, codebook, texts)
    oldest = min(
        (line.codebook_version for line in lines if line.codebook_version != codebook.version),
        key=lambda version: versions.numbers(version) or (),
        default=codebook.version,
    )
    changes, void = codebook.changes_after(oldest), void_questions(oldest, codebook)
    found_messages = []
    for question in codebook.questions:
        passages = sorted(key for key, names in found.items() if question.name in names)
        if not passages:
            continue
        why = _reasons(changes.get(question.name, {})) or "it is new"
        count = "no longer" if question.name in void else "still"
        found_messages.append(
            f"{question.name}: {len(passages)} answers are stale ({why}; they {count} count): "
            f"{_some(passages)}; ask again with `rhetoric annotate queue --stale --coder {coder}`"
        )
    return found_messages


def _reasons(changes: Mapping[str, str]) -> str:
    return ", ".join(f"{what} changed in {since}" for what, since in changes.items())


def _some(passages: Sequence[str]) -> str:
    more = len(passages) - _NAMED
    named = ", ".join(passages[:_NAMED])
    return f"{named} and {more} more" if more > 0 else named
