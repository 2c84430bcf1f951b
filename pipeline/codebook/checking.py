"""``codebook check``: what a valid codebook still lacks, and where it disagrees with itself."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations

from pipeline.codebook.cues import any_cue
from pipeline.codebook.rules import Codebook, Rule

# Jaccard similarity of the words of two definitions from which they are called nearly the same.
SIMILAR = 0.6
_SHOWN_CHARACTERS = 60
_WORD = re.compile(r"\w+")


class Kind(Enum):
    """What a finding is about; the value is its heading."""

    missing = "missing"
    cues = "cues that point to two questions"
    examples = "examples that their rule's own cues would answer otherwise"
    wording = "rules that say the same, or contradict"


@dataclass(frozen=True)
class Finding:
    """A remark on a codebook; ``wrong`` if two parts of it cannot both be meant."""

    kind: Kind
    where: str
    message: str
    wrong: bool = False


def check(codebook: Codebook) -> list[Finding]:
    """All findings, by kind, then in the order of the file."""
    found = [
        *_missing(codebook),
        *_shared_cues(codebook),
        *_examples(codebook),
        *_wording(codebook),
    ]
    order = list(Kind)
    return sorted(found, key=lambda finding: order.index(finding.kind))


def rendered(codebook: Codebook, findings: Sequence[Finding], name: str) -> str:
    """The findings for a terminal, under a line on the codebook; ``name`` is its file."""
    lines = [f"{name}: {_overview(codebook)}"]
    numbers = Counter(finding.kind for finding in findings)
    for kind, number in numbers.items():
        lines.append(f"{kind.value} ({number}):")
        lines += [
            f"  {finding.where}: {'wrong: ' if finding.wrong else ''}{finding.message}"
            for finding in findings
            if finding.kind is kind
        ]
    wrong = sum(finding.wrong for finding in findings)
    remarks = len(findings) - wrong
    lines.append(f"{wrong} contradictions, {remarks} remarks" if findings else "nothing to remark")
    return "\n".join(lines)


def _overview(codebook: Codebook) -> str:
    rules = codebook.frames + codebook.targets
    cues = dict.fromkeys(language for rule in rules for language in rule.cues)
    examples = dict.fromkeys(example.language for rule in rules for example in rule.examples)
    return (
        f"{codebook.title}, version {codebook.version}; frames: {len(codebook.frames)}, "
        f"stance targets: {len(codebook.targets)}, rulings: {len(codebook.rulings)}; "
        f"cues in {', '.join(cues) or 'no language'}; "
        f"examples in {', '.join(examples) or 'no language'}"
    )


def _missing(codebook: Codebook) -> Iterator[Finding]:
    rules = codebook.frames + codebook.targets
    named = dict.fromkeys(language for rule in rules for language in rule.name)
    cued = dict.fromkeys(language for rule in rules for language, cues in rule.cues.items() if cues)
    for rule in rules:
        for language in named:
            if language not in rule.name:
                yield Finding(Kind.missing, rule.code, f"no name in {language}, others have one")
        if not rule.cues:
            yield Finding(
                Kind.missing, rule.code, "no cues; without a model the queue cannot look for it"
            )
        for language in cued:
            if rule.cues and not rule.cues.get(language):
                yield Finding(Kind.missing, rule.code, f"no cues in {language}, others have some")
        yield from _missing_examples(rule, is_frame=rule in codebook.frames)


def _missing_examples(rule: Rule, *, is_frame: bool) -> Iterator[Finding]:
    given = {example.answer for example in rule.examples}
    if not given:
        yield Finding(Kind.missing, rule.code, "no examples; coders see the rule alone")
        return
    lacking = [answer for answer in ("present", "absent") if is_frame and answer not in given]
    for answer in lacking:
        yield Finding(Kind.missing, rule.code, f"no example of {answer}")


def _shared_cues(codebook: Codebook) -> Iterator[Finding]:
    for rules, are_targets in ((codebook.frames, False), (codebook.targets, True)):
        owners: dict[str, list[str]] = defaultdict(list)
        for rule in rules:
            for cue in _cues(rule.cues):
                owners[cue].append(rule.code)
        for cue, codes in owners.items():
            distinct = list(dict.fromkeys(codes))
            if len(distinct) > 1:
                # Models that read mentions give each place in a text to one target.
                what = f"only {distinct[0]} is ever found by it" if are_targets else "counts for"
                rest = "" if are_targets else f" {' and '.join(distinct)}"
                yield Finding(
                    Kind.cues, ", ".join(distinct), f"cue “{cue}” {what}{rest}", wrong=are_targets
                )
    both = set(_cues(codebook.tone.get("against", {}))) & set(
        _cues(codebook.tone.get("favour", {}))
    )
    for cue in sorted(both):
        yield Finding(Kind.cues, "tone", f"“{cue}” is both against and favour", wrong=True)


def _cues(by_language: Mapping[str, Sequence[str]]) -> list[str]:
    """Distinct cues of all languages; lower case except where case counts."""
    return list(dict.fromkeys(cue for cues in by_language.values() for cue in cues))


def _examples(codebook: Codebook) -> Iterator[Finding]:
    for rule in codebook.frames + codebook.targets:
        for example in rule.examples:
            # Cues of another language say nothing about this one.
            pattern = any_cue(rule.cues.get(example.language, ()))
            if pattern is None or example.answer in ("borderline", "cannot_say"):
                continue
            hit = pattern.search(example.text)
            if example.answer == "absent" and hit is not None:
                said = f"cue “{hit[0]}” is in an example of absent"
            elif example.answer != "absent" and hit is None:
                said = f"no cue is in an example of {example.answer}"
            else:
                continue
            yield Finding(
                Kind.examples, rule.code, f"{said} ({example.language}): {_short(example.text)}"
            )


def _wording(codebook: Codebook) -> Iterator[Finding]:
    for rules in (codebook.frames, codebook.targets):
        for one, other in combinations(rules, 2):
            yield from _alike(one, other)
    for one, other in combinations(codebook.frames + codebook.targets, 2):
        if _folded(one.display_name) == _folded(other.display_name):
            where = f"{one.code}, {other.code}"
            yield Finding(Kind.wording, where, f"both are named {one.display_name}", wrong=True)
    for rule in codebook.frames + codebook.targets:
        yield from _against_itself(rule)


def _alike(one: Rule, other: Rule) -> Iterator[Finding]:
    where = f"{one.code}, {other.code}"
    similarity = _similarity(one.definition, other.definition)
    if similarity >= SIMILAR:
        yield Finding(
            Kind.wording,
            where,
            f"definitions share {similarity:.0%} of their words: {_short(one.definition)} / "
            f"{_short(other.definition)}",
        )
    theirs = {_folded(sentence) for sentence in other.present_when}
    for sentence in one.present_when:
        if _folded(sentence) in theirs:
            yield Finding(Kind.wording, where, f"the same makes both present: {_short(sentence)}")


def _against_itself(rule: Rule) -> Iterator[Finding]:
    never = {_folded(sentence) for sentence in rule.not_when}
    for sentence in rule.present_when:
        if _folded(sentence) in never:
            message = f"both in present_when and in not_when: {_short(sentence)}"
            yield Finding(Kind.wording, rule.code, message, wrong=True)
    answers: dict[str, str] = {}
    for example in rule.examples:
        key = _folded(example.text)
        if answers.setdefault(key, example.answer) != example.answer:
            message = f"one example is {answers[key]} and {example.answer}: {_short(example.text)}"
            yield Finding(Kind.wording, rule.code, message, wrong=True)


def _similarity(one: str, other: str) -> float:
    """Jaccard similarity of the sets of words; 0 if both are empty."""
    first, second = set(_WORD.findall(one.casefold())), set(_WORD.findall(other.casefold()))
    return len(first & second) / max(1, len(first | second))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"
