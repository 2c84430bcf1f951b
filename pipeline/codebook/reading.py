"""Reads and validates a codebook's YAML; every error names the file and the entry."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from pipeline.codebook import versions
from pipeline.codebook.rules import FRAME_ANSWERS, STANCE_ANSWERS, Codebook, Example, Rule, Ruling
from pipeline.errors import InputError, did_you_mean
from pipeline.io.parsing import yaml_value
from pipeline.tables import RESERVED_SCORE_COLUMNS

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
# The stances that a claim can express.
INVOLVED_STANCES = ("against", "favour")
_SHORT = re.compile(r"[a-z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def load(path: Path) -> Codebook:
    """Read and check a codebook; raises :class:`InputError` naming the file and the entry."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot read the codebook: {error.strerror}") from error
    return parse(content, name=str(path))


def parse(content: bytes, name: str) -> Codebook:
    """Parse and validate a codebook's YAML; ``name`` is the file name shown in messages."""
    try:
        raw = yaml_value(content)
    except ValueError as error:
        raise InputError(f"{name}: {error}") from error
    reader = _Reader(name)
    top = reader.mapping(
        raw,
        "the codebook",
        required={"version", "title", "unit", "frames"},
        optional={"targets", "rulings", "tone"},
    )
    if not isinstance(top["version"], str):
        raise reader.fail(
            "version",
            f"put it in quotes: YAML reads {top['version']!r} as a number, and 1.10 as 1.1",
        )
    reader.version = top["version"]
    frames = tuple(
        reader.rule(r, f"frames[{i}]", answers=FRAME_ANSWERS)
        for i, r in enumerate(reader.list(top["frames"], "frames"))
    )
    targets = tuple(
        reader.rule(r, f"targets[{i}]", answers=STANCE_ANSWERS)
        for i, r in enumerate(reader.list(top.get("targets") or [], "targets"))
    )
    reader.check_codes(frames, targets)
    reader.check_involved(frames, targets)
    rulings = tuple(
        reader.ruling(r, f"rulings[{i}]", frames + targets)
        for i, r in enumerate(reader.list(top.get("rulings") or [], "rulings"))
    )
    return Codebook(
        version=top["version"],
        title=str(top["title"]),
        unit=str(top["unit"]),
        frames=frames,
        targets=targets,
        rulings=rulings,
        digest=hashlib.sha256(content).hexdigest()[:16],
        tone=reader.tone(top.get("tone") or {}),
    )


class _Reader:
    """Converts YAML values to typed ones; every error message starts with the file name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.version = ""

    def fail(self, where: str, what: str) -> InputError:
        return InputError(f"{self.name}: {where}: {what}")

    def mapping(
        self, value: Any, where: str, required: set[str], optional: set[str]
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.fail(where, f"expected a mapping, found {type(value).__name__}")
        known = required | optional
        for key in value:
            if key not in known:
                raise self.fail(
                    where, f"unknown key {key!r}{did_you_mean(str(key), sorted(known))}"
                )
        missing = sorted(key for key in required if value.get(key) in (None, "", []))
        if missing:
            raise self.fail(where, f"{', '.join(missing)} missing or empty")
        return value

    def list(self, value: Any, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise self.fail(where, f"expected a list, found {type(value).__name__}")
        return value

    def texts(self, value: Any, where: str) -> tuple[str, ...]:
        items = self.list(value, where)
        for i, item in enumerate(items):
            if not isinstance(item, str) or not item.strip():
                raise self.fail(f"{where}[{i}]", "expected a sentence")
        return tuple(items)

    def rule(self, value: Any, where: str, answers: tuple[str, ...]) -> Rule:
        raw = self.mapping(
            value,
            where,
            required={"code", "name", "definition", "present_when", "not_when"},
            optional={"core", "cues", "examples", "involves", "short", "added", "since"},
        )
        code = str(raw["code"])
        where = f"{where} ({code})"
        if not _IDENTIFIER.fullmatch(code):
            raise self.fail(
                where,
                "a code consists of lower-case letters, digits and _, and starts with a letter",
            )
        short = raw.get("short", "")
        if short != "" and not (isinstance(short, str) and _SHORT.fullmatch(short)):
            raise self.fail(
                where,
                f"short {short!r} is not two lower-case letters a to z; "
                'put words such as "no" and "on" in quotes',
            )
        core = raw.get("core", False)
        if not isinstance(core, bool):
            raise self.fail(where, f"core: expected true or false, found {core!r}")
        return Rule(
            code=code,
            name=self.names(raw["name"], f"{where}: name"),
            definition=str(raw["definition"]),
            present_when=self.texts(raw["present_when"], f"{where}: present_when"),
            not_when=self.texts(raw["not_when"], f"{where}: not_when"),
            examples=tuple(
                self.example(e, f"{where}: examples[{i}]", answers)
                for i, e in enumerate(self.list(raw.get("examples") or [], where))
            ),
            cues=self.cues(raw.get("cues") or {}, f"{where}: cues"),
            core=core,
            involves=self.involves(raw.get("involves") or {}, f"{where}: involves"),
            short=short,
            added=self.past(raw.get("added"), f"{where}: added"),
            since=self.past(raw.get("since"), f"{where}: since"),
        )

    def by_language(self, value: Any, where: str) -> dict[str, Any]:
        """A mapping whose keys are codes of languages, in the order of the file."""
        if not isinstance(value, dict):
            raise self.fail(
                where, f"expected a mapping such as {{en: …}}, found {type(value).__name__}"
            )
        for key in value:
            if not isinstance(key, str) or not _LANGUAGE.fullmatch(key):
                # YAML reads a bare no, the code of Norwegian, as false.
                found = "no without quotes" if key is False else repr(key)
                raise self.fail(
                    where, f"expected the code of a language such as en, es or ru, found {found}"
                )
        return value

    def names(self, value: Any, where: str) -> dict[str, str]:
        names = self.by_language(value, where)
        if not names:
            raise self.fail(where, "missing or empty")
        for language, name in names.items():
            if not isinstance(name, str) or not name.strip():
                raise self.fail(f"{where}.{language}", f"expected a name, found {name!r}")
        return names

    def involves(self, value: Any, where: str) -> dict[str, str]:
        if not isinstance(value, dict):
            raise self.fail(where, "expected target: stance, e.g. {west: against}")
        for target, stance in value.items():
            if stance not in INVOLVED_STANCES:
                allowed = " or ".join(INVOLVED_STANCES)
                raise self.fail(where, f"{target}: expected {allowed}, found {stance!r}")
        return {str(target): stance for target, stance in value.items()}

    def past(self, value: Any, where: str) -> str | None:
        """A version no later than the codebook's own, or None if the file gives none."""
        if value is None:
            return None
        if not isinstance(value, str) or versions.numbers(value) is None:
            raise self.fail(where, f'expected a version in quotes such as "1.2", found {value!r}')
        if versions.numbers(self.version) is None:
            raise self.fail(
                "version", f"{self.version!r} cannot be compared with {where} {value!r}"
            )
        if versions.earlier(self.version, value):
            raise self.fail(
                where, f"{value!r} is later than the codebook's version {self.version!r}; raise it"
            )
        return value

    def cues(self, value: Any, where: str) -> dict[str, tuple[str, ...]]:
        return {
            language: self.texts(words, f"{where}.{language}")
            for language, words in self.by_language(value, where).items()
        }

    def tone(self, value: Any) -> dict[str, dict[str, tuple[str, ...]]]:
        raw = self.mapping(value, "tone", set(), {"against", "favour"})
        return {stance: self.cues(cues, f"tone.{stance}") for stance, cues in raw.items()}

    def example(self, value: Any, where: str, answers: tuple[str, ...]) -> Example:
        raw = self.mapping(value, where, {"language", "answer", "text"}, {"why"})
        if raw["answer"] not in answers:
            raise self.fail(
                where,
                f"unknown answer {raw['answer']!r}"
                f"{did_you_mean(str(raw['answer']), list(answers))}",
            )
        return Example(
            str(raw["language"]), str(raw["answer"]), str(raw["text"]), str(raw.get("why", ""))
        )

    def ruling(self, value: Any, where: str, rules: tuple[Rule, ...]) -> Ruling:
        raw = self.mapping(value, where, {"code", "text", "applies_to"}, {"since", "cues"})
        known = [rule.code for rule in rules]
        applies_to = self.texts(raw["applies_to"], f"{where}: applies_to")
        for code in applies_to:
            if code not in known:
                raise self.fail(
                    where, f"applies to unknown code {code!r}{did_you_mean(code, known)}"
                )
        since = self.past(raw.get("since"), f"{where}: since")
        cues = self.cues(raw.get("cues") or {}, f"{where}: cues")
        return Ruling(str(raw["code"]), str(raw["text"]), applies_to, since, cues)

    def check_involved(self, frames: tuple[Rule, ...], targets: tuple[Rule, ...]) -> None:
        known = [target.code for target in targets]
        for target in targets:
            if target.involves:
                raise self.fail(f"target {target.code!r}", "only frames involve stances")
        for frame in frames:
            for code in frame.involves:
                if code not in known:
                    raise self.fail(
                        f"frame {frame.code!r}: involves",
                        f"unknown target {code!r}{did_you_mean(code, known)}",
                    )

    def check_codes(self, frames: tuple[Rule, ...], targets: tuple[Rule, ...]) -> None:
        """Check that codes are unique, and that the column names of the Scores table are too."""
        seen: set[str] = set()
        for rule in frames + targets:
            if rule.code in seen:
                raise self.fail(f"code {rule.code!r}", "appears twice")
            seen.add(rule.code)
        taken = dict.fromkeys(RESERVED_SCORE_COLUMNS, "a fixed column of the Scores table")
        columns = [(f.code, c) for f in frames for c in frame_columns(f.code)]
        columns += [(t.code, c) for t in targets for c in target_columns(t.code)]
        for code, column in columns:
            if column in taken:
                raise self.fail(
                    f"code {code!r}", f"its column {column!r} is already {taken[column]}"
                )
            taken[column] = f"a column of {code!r}"
        shorts: dict[str, str] = {}
        for rule in frames + targets:
            if rule.short and shorts.setdefault(rule.short, rule.code) != rule.code:
                raise self.fail(
                    f"code {rule.code!r}",
                    f"its short {rule.short!r} is already taken by {shorts[rule.short]!r}",
                )


def frame_columns(code: str) -> tuple[str, ...]:
    """The Scores columns of a frame."""
    return (code, f"{code}_p", f"evidence_{code}", f"evidence_{code}_start", f"evidence_{code}_end")


def target_columns(code: str) -> tuple[str, ...]:
    """The Scores columns of a stance target."""
    return (f"stance_{code}", f"stance_{code}_p")
