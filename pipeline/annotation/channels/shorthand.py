"""Coding in a text editor: a sheet of numbered passages, answered by one short line per passage.

An answer line has the passage's number, the codes of the frames that are present, and the codes of
the targets that are mentioned: ``17 mu aw so? | ru+ we- un=``. ``?`` means borderline, ``+``
favour, ``-`` against, ``=`` neutral, ``!`` cannot say; a number alone means that everything is
absent; ``#`` starts a note. The sheet has the id of each passage, so the answers can be read
without any other file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from pipeline.annotation.lines import Line, numbered
from pipeline.codebook import Codebook, Question, Rule
from pipeline.errors import InputError, did_you_mean
from pipeline.io import files
from pipeline.text.passage_id import clean

FRAME_MARKS = {"": "present", "?": "borderline", "!": "cannot_say"}
STANCE_MARKS = {"+": "favour", "-": "against", "=": "neutral", "!": "cannot_say"}

_NEAR = 10  # preceding passages to which repeated context may refer

_HEADING = re.compile(r"=== (\d+) ([0-9a-f]{16})(?: asked: (.+))?")
_VERSION = re.compile(r"# codebook (.+?): ")
_ANSWER = re.compile(r"\s*(\d+)[.:)]?(?=\s|$|[|#])([^#]*)(?:#(.*))?")
_TOKEN = re.compile(r"([A-Za-z0-9_]+)(.*)")
_DASHES = str.maketrans("−–—", "---")


@dataclass(frozen=True)
class SheetItem:
    """A passage in a sheet; ``codes`` are the questions asked, None for all."""

    passage_id: str
    codes: tuple[str, ...] | None


@dataclass(frozen=True)
class Sheet:
    """The passages of a sheet by number, in order, and its codebook version."""

    codebook_version: str
    passages: dict[int, SheetItem]


def codes(codebook: Codebook) -> dict[str, Question]:
    """Two-letter code → question, in the codebook's order.

    The code is the rule's ``short`` if set, else the initials of its first two words (or the first
    two letters of a single word), or if these are taken the first free pair of its letters.
    """
    rules = [question.rule for question in codebook.questions]
    taken = {rule.short for rule in rules if rule.short}
    table: dict[str, Question] = {}
    for question, rule in zip(codebook.questions, rules, strict=True):
        short = rule.short
        if not short:
            short = next((pair for pair in _pairs(rule) if pair not in taken), "")
            if not short:
                raise InputError(
                    f"codebook: no two-letter code is left for {rule.code!r}; set its `short`"
                )
            taken.add(short)
        table[short] = question
    return table


def _pairs(rule: Rule) -> Iterable[str]:
    words = [word for word in rule.code.split("_") if word]
    letters = "".join(words)
    if len(words) > 1:
        yield words[0][0] + words[1][0]
    yield letters[:2].ljust(2, "x")
    for i, j in product(range(len(letters)), range(len(letters))):
        if i < j:
            yield letters[i] + letters[j]


def write_sheet(
    texts: Sequence[Mapping[str, Any]],
    path: Path,
    codebook: Codebook,
    *,
    asked: Mapping[str, Sequence[str]] | None = None,
    first: int = 1,
) -> None:
    """Write passages, numbered from ``first`` in their order, with the codes at the top.

    ``texts`` are rows with ``passage_id opening before text`` (``frame.rows(named=True)``);
    ``asked`` names the questions for passages where not all are asked.
    """
    short = {question.name: code for code, question in codes(codebook).items()}
    parts = [_legend(codebook)]
    for number, row in enumerate(texts, start=first):
        some = (asked or {}).get(row["passage_id"])
        ask = f" asked: {' '.join(short[name] for name in some)}" if some is not None else ""
        parts.append(f"=== {number} {row['passage_id']}{ask}")
        parts += _context(texts, number - first, first)
        parts += [f"text: {clean(row['text'])}", ""]
    files.write_text(path, "\n".join(parts))


def _context(texts: Sequence[Mapping[str, Any]], position: int, first: int) -> list[str]:
    """Opening and before; repeated texts are replaced by a reference to a preceding passage."""
    near = range(max(0, position - _NEAR), position)
    lines = []
    for key in ("opening", "before"):
        value = clean(texts[position][key])
        as_text = [i for i in near if clean(texts[i]["text"]).startswith(value)]
        as_context = [i for i in near if clean(texts[i][key]) == value]
        if not value:
            continue
        if as_text:
            value = f"(the text of {as_text[-1] + first})"
        elif as_context:
            value = f"(as in {as_context[0] + first})"
        lines.append(f"{key}: {value}")
    return lines


def _legend(codebook: Codebook) -> str:
    table = codes(codebook)
    frames = [f"#   {code} {q.rule.code}" for code, q in table.items() if not q.is_stance]
    targets = [f"#   {code} {q.rule.code}" for code, q in table.items() if q.is_stance]
    return "\n".join(
        [
            f"# codebook {codebook.version}: {codebook.title}",
            "# One line per passage, e.g.  17 " + " ".join(_sample(codebook)),
            "# Frames that are present (? borderline, ! cannot say); all others are absent:",
            *frames,
            "# Targets that are mentioned (+ favour, - against, = neutral, ! cannot say):",
            *targets,
            "# A number alone: everything is absent. A note starts with #.",
            "",
        ]
    )


def _sample(codebook: Codebook) -> list[str]:
    table = codes(codebook)
    frames = [code for code, q in table.items() if not q.is_stance]
    targets = [code for code, q in table.items() if q.is_stance]
    sample = [*frames[:1], *(f"{code}?" for code in frames[1:2])]
    if targets:
        sample += ["|", f"{targets[0]}-", *(f"{code}=" for code in targets[1:2])]
    return sample


def read_sheet(path: Path) -> Sheet:
    """Read a sheet of :func:`write_sheet`; raises :class:`InputError` with the line."""
    passages: dict[int, SheetItem] = {}
    version = ""
    for number, text in numbered(path):
        if match := _VERSION.match(text):
            version = version or match[1]
        if not text.startswith("==="):
            continue
        heading = _HEADING.fullmatch(text.strip())
        if heading is None:
            raise InputError(
                f"{path}:{number}: invalid heading {text.strip()!r}; "
                "expected `=== number passage_id`"
            )
        passage = int(heading[1])
        if passage in passages:
            raise InputError(f"{path}:{number}: the number {passage} occurs twice")
        passages[passage] = SheetItem(heading[2], tuple(heading[3].split()) if heading[3] else None)
    if not passages or not version:
        raise InputError(
            f"{path}: not a sheet of passages; expected `# codebook` at its beginning and headings "
            "such as `=== 1 0123456789abcdef`"
        )
    return Sheet(version, passages)


def read_answers(
    path: Path, sheet: Path, codebook: Codebook, *, coded_at: str | None = None
) -> list[Line]:
    """The answers to a sheet, in its order and with its codebook version.

    Raises :class:`InputError` with all problems, one per line: unknown codes, invalid marks,
    duplicate, unknown or missing numbers, questions that were not asked.
    """
    asked = read_sheet(sheet)
    passages = asked.passages
    reader = _Reader(codebook)
    reader.check_codes(sheet, asked)
    answered: dict[int, Line] = {}
    problems: list[str] = []
    for row, text in numbered(path):
        if text.lstrip().startswith(("#", "```")):
            continue
        try:
            number, answers, note = reader.line(text, passages)
            if number in answered:
                raise ValueError(f"the number {number} occurs twice")
        except ValueError as error:
            problems.append(f"{path}:{row}: {error}")
            continue
        answered[number] = Line(
            passage_id=passages[number].passage_id,
            answers=answers,
            codebook_version=asked.codebook_version,
            asked=reader.asked(passages[number]),
            coded_at=coded_at,
            source=f"shorthand:{path.name}",
            note=note,
        )
    missing = [number for number in passages if number not in answered]
    if missing and not problems:
        problems.append(
            f"{path}: {len(missing)} of {len(passages)} numbers are missing: {_ranges(missing)}"
        )
    if problems:
        raise InputError("\n".join(problems))
    return [answered[number] for number in passages]


class _Reader:
    def __init__(self, codebook: Codebook) -> None:
        self.codes = codes(codebook)

    def check_codes(self, path: Path, sheet: Sheet) -> None:
        """Raise InputError for a sheet with questions that are not in the codebook."""
        for number, passage in sheet.passages.items():
            for code in passage.codes or ():
                if code not in self.codes:
                    hint = did_you_mean(code, list(self.codes))
                    raise InputError(f"{path}: number {number} asks for unknown {code!r}{hint}")

    def asked(self, passage: SheetItem) -> tuple[str, ...] | None:
        if passage.codes is None:
            return None
        return tuple(self.codes[code].name for code in passage.codes)

    def line(
        self, text: str, passages: Mapping[int, SheetItem]
    ) -> tuple[int, dict[str, str], str | None]:
        """Number, answers and note of an answer line; raises ``ValueError`` with the reason."""
        match = _ANSWER.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"expected a number and codes, found {text.strip()[:60]!r}")
        number = int(match[1])
        if number not in passages:
            raise ValueError(f"the sheet has no number {number}; it has {_ranges(list(passages))}")
        answers: dict[str, str] = {}
        for token in match[2].replace("|", " ").replace(",", " ").translate(_DASHES).split():
            code, name, answer = self.token(token)
            if name in answers:
                raise ValueError(f"number {number}: {code!r} occurs twice")
            asked = passages[number].codes
            if asked is not None and code not in asked:
                raise ValueError(f"number {number}: {code!r} was not asked, only {' '.join(asked)}")
            answers[name] = answer
        return number, answers, (match[3] or "").strip() or None

    def token(self, token: str) -> tuple[str, str, str]:
        """Code, question and answer of a token such as ``so?``."""
        match = _TOKEN.fullmatch(token)
        code, mark = (match[1].lower(), match[2]) if match else (token, "")
        if code not in self.codes:
            raise ValueError(f"unknown code {code!r}{did_you_mean(code, list(self.codes))}")
        question = self.codes[code]
        marks = STANCE_MARKS if question.is_stance else FRAME_MARKS
        if mark not in marks:
            takes = (
                "is a target and takes + - = or !"
                if question.is_stance
                else "is a frame and takes no mark, ? or !"
            )
            found = f"found {mark!r}" if mark else "found no mark"
            raise ValueError(f"{token!r}: {question.rule.code} {takes}, {found}")
        return code, question.name, marks[mark]


def _ranges(numbers: Sequence[int]) -> str:
    """``1-3, 7`` for 1 2 3 7; at most ten ranges."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    shown = [f"{a}-{b}" if a < b else f"{a}" for a, b in parts[:10]]
    return ", ".join(shown) + (" …" if len(parts) > 10 else "")
