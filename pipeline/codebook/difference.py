"""``codebook diff``: what changed between two versions, and what it does to answers given before.

The rules are those of "When a rule changes" in ``labels/README.md``: an answer is stale if its rule
or ruling is dated after the answer's version, and void if the first number rose with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.codebook import versions
from pipeline.codebook.rules import Codebook, Rule, Ruling

# Parts of a rule that say how to answer; a change of the others leaves answers as they are.
_DECIDING = ("definition", "present_when", "not_when")


@dataclass(frozen=True)
class Change:
    """What changed in one part; ``removed`` and ``added`` are its texts before and after.

    ``decides``: whether passages may be answered otherwise because of it.
    """

    where: str
    what: str
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    decides: bool = False


@dataclass(frozen=True)
class Difference:
    """Attributes:
    changes: in the order of the new file; what was removed comes last.
    stale: question → rule or ruling → version of the change, for answers under the old version.
    void: the questions of ``stale`` whose earlier answers no longer count.
    undeclared: what the new file does not say and should, one sentence each.
    """

    old: str
    new: str
    changes: list[Change] = field(default_factory=list)
    stale: dict[str, dict[str, str]] = field(default_factory=dict)
    void: frozenset[str] = frozenset()
    undeclared: list[str] = field(default_factory=list)


def difference(old: Codebook, new: Codebook) -> Difference:
    """Compare two codebooks; answers given under ``old`` are judged as ``new`` dates its rules."""
    changes = [*_of_rules(old, new), *_of_rulings(old, new), *_of_the_whole(old, new)]
    stale = new.changes_after(old.version)
    return Difference(
        old=old.version,
        new=new.version,
        changes=changes,
        stale=stale,
        void=frozenset(
            question
            for question, dated in stale.items()
            if any(versions.breaks(old.version, since) for since in dated.values())
        ),
        undeclared=list(_undeclared(old, new, changes, stale)),
    )


def rendered(found: Difference) -> str:
    """The difference for a terminal."""
    lines = [f"version {found.old} → {found.new}"]
    for change in found.changes:
        lines.append(f"{change.where}: {change.what}")
        lines += [f"  - {text}" for text in change.removed]
        lines += [f"  + {text}" for text in change.added]
    if not found.changes:
        lines.append("no difference")
    lines.append(f"answers given under {found.old}:")
    for question, dated in found.stale.items():
        why = ", ".join(f"{what} changed in {since}" for what, since in dated.items())
        count = "no longer" if question in found.void else "still"
        lines.append(f"  {question}: stale ({why}); they {count} count")
    lines.append("  all others stand" if found.stale else "  all stand")
    if found.undeclared:
        lines.append("to look at:")
        lines += [f"  {sentence}" for sentence in found.undeclared]
    return "\n".join(lines)


def _named(codebook: Codebook) -> dict[str, Rule]:
    return {question.name: question.rule for question in codebook.questions}


def _of_rules(old: Codebook, new: Codebook) -> Iterator[Change]:
    before, after = _named(old), _named(new)
    for name, rule in after.items():
        if name not in before:
            yield Change(name, "new question", added=(rule.definition,))
            continue
        for part in (*_DECIDING, "name", "cues", "examples", "involves", "core", "short"):
            one, other = getattr(before[name], part), getattr(rule, part)
            if one != other:
                removed, added = _only_in(_texts(one), _texts(other))
                yield Change(name, f"{part} changed", removed, added, decides=part in _DECIDING)
    for name, rule in before.items():
        if name not in after:
            yield Change(name, "question removed", removed=(rule.definition,))


def _of_rulings(old: Codebook, new: Codebook) -> Iterator[Change]:
    before = {ruling.code: ruling for ruling in old.rulings}
    after = {ruling.code: ruling for ruling in new.rulings}
    for code, ruling in after.items():
        earlier = before.get(code)
        where = f"ruling {code}"
        if earlier is None:
            yield Change(where, "new ruling", added=(ruling.text,), decides=True)
        elif _said(earlier) != _said(ruling):
            removed, added = _only_in(_said(earlier), _said(ruling))
            yield Change(where, "changed", removed, added, decides=True)
    for code, ruling in before.items():
        if code not in after:
            yield Change(f"ruling {code}", "removed", removed=(ruling.text,), decides=True)


def _of_the_whole(old: Codebook, new: Codebook) -> Iterator[Change]:
    if old.title != new.title:
        yield Change("title", "changed", (old.title,), (new.title,))
    if old.unit != new.unit:
        yield Change("unit", "changed", (old.unit,), (new.unit,), decides=True)
    if old.tone != new.tone:
        yield Change("tone", "changed", *_only_in(_texts(old.tone), _texts(new.tone)))


def _said(ruling: Ruling) -> tuple[str, ...]:
    return (
        ruling.text,
        f"applies to {', '.join(ruling.applies_to)}",
        *(f"cues {line}" for line in _texts(ruling.cues)),
    )


def _texts(value: object) -> tuple[str, ...]:
    """The parts of a value as lines."""
    if isinstance(value, Mapping):
        return tuple(f"{key}: {line}" for key, own in value.items() for line in _texts(own))
    if isinstance(value, tuple):
        return tuple(line for own in value for line in _texts(own))
    if hasattr(value, "answer") and hasattr(value, "text"):
        return (f"{value.answer}: {value.text}",)
    return (str(value),)


def _only_in(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (
        tuple(text for text in old if text not in new),
        tuple(text for text in new if text not in old),
    )


def _undeclared(
    old: Codebook, new: Codebook, changes: Sequence[Change], stale: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    if versions.earlier(new.version, old.version):
        yield f"{new.version} is the earlier version; give the older codebook first"
        return
    if changes and new.version == old.version:
        yield f"both files say version {old.version}; raise it, or answers cannot be told apart"
    yield from _undated_rules(new, changes, stale)
    yield from _undated_rulings(old, new, changes)
    asked_before = {question.name for question in new.asked_in(old.version)}
    for change in changes:
        if change.what == "new question" and change.where in asked_before:
            yield (
                f"{change.where}: is new and has no `added`, so whoever answered all questions "
                f'before counts as having said absent; write `added: "{new.version}"`'
            )
        if change.what == "question removed":
            yield (
                f"{change.where}: is gone, and `rhetoric labels check` refuses answers that name it"
            )
        if change.where == "unit" and not stale:
            yield "unit: how passages are read changed, and no answer becomes stale by it"


def _undated_rules(
    new: Codebook, changes: Sequence[Change], stale: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    for name in _named(new):
        parts = [c.what.removesuffix(" changed") for c in changes if c.where == name and c.decides]
        if parts and "rule" not in stale.get(name, {}):
            yield (
                f"{name}: {', '.join(parts)} changed, and its answers stand; if a passage is now "
                f'answered otherwise, write `since: "{new.version}"`'
            )


def _undated_rulings(old: Codebook, new: Codebook, changes: Sequence[Change]) -> Iterator[str]:
    changed = {change.where for change in changes}
    for ruling in new.rulings:
        dated = ruling.since is not None and versions.earlier(old.version, ruling.since)
        if f"ruling {ruling.code}" in changed and not dated:
            yield (
                f"ruling {ruling.code}: is new or changed, and answers stand; if a passage is now "
                f'answered otherwise, write `since: "{new.version}"`'
            )
