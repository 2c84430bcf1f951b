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


def is_stale(question: str, version: str, codebook: Codebook, text: str | None = None) -> bool:
    """Whether the question's rule changed after the version; False for an unknown question.

    With the passage's ``text``, a ruling with cues counts only if the text contains one of them.
    """
    return bool(_changes(question, version, codebook, text))


def is_void(question: str, version: str, codebook: Codebook) -> bool:
    """Whether the meaning of the question changed after the version."""
    changes = _changes(question, version, codebook)
    return any(versions.breaks(version, since) for since in changes.values())


def _changes(
    question: str, version: str, codebook: Codebook, text: str | None = None
) -> dict[str, str]:
    if version == codebook.version:
        return {}
    found = next((q for q in codebook.questions if q.name == question), None)
    return {} if found is None else codebook.changes_after(found, version, text)


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
        all_asked = any(line.asked is None for line in history)
        wanted = [
            question.name
            for question in codebook.questions
            if _waits(
                standing.get(question.name),
                question.name,
                codebook,
                (texts or {}).get(passage),
                all_asked=all_asked,
            )
        ]
        if wanted:
            found[passage] = wanted
    return found


def _waits(
    standing: Sequence[Line] | None,
    question: str,
    codebook: Codebook,
    text: str | None,
    *,
    all_asked: bool,
) -> bool:
    if not standing:
        return all_asked
    return is_stale(question, standing[-1].codebook_version, codebook, text)


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
    found_messages = []
    for question in codebook.questions:
        passages = sorted(key for key, names in found.items() if question.name in names)
        if not passages:
            continue
        why = _reasons(codebook.changes_after(question, oldest)) or "it is new"
        count = "no longer" if is_void(question.name, oldest, codebook) else "still"
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
