"""The documentation agrees with the code and the data."""

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from pipeline import codebook as codebooks
from pipeline.annotation import coders, statistics, store
from pipeline.annotation.datasheet import filled, generated
from pipeline.config import Config
from tests.cli.commands import COMMANDS
from tests.cli.parsed import composed, parsed

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
LABELS = ROOT / "labels"
DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "labels/README.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
]
# Commands in a document, so that a change of the pattern below cannot pass by finding none.
AT_LEAST = {"README.md": 12, "labels/README.md": 15, "docs/researchers.md": 20}


# A command at the beginning of a line, after a prompt, or in code within a sentence.
_COMMAND = re.compile(
    r"(?:^(?:\$ |# |\t\$\(BIN\)/)?|`|cmd: )(rhetoric [a-z-][^`\n]*)", re.MULTILINE
)
# What stands in the place of words: nothing, or more of the same.
_ELLIPSIS = re.compile(r"…|\.\.\.")
_MORE = re.compile(r",?(…|\.\.\.)")


def commands_in(text: str) -> list[list[str]]:
    """The words after ``rhetoric`` of every command in a text, without comments."""
    lines = _COMMAND.findall(text)
    return [shlex.split(_ELLIPSIS.sub("", line), comments=True)[1:] for line in lines]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_parser_takes_every_command_in_a_document(name: str) -> None:
    found = commands_in((ROOT / name).read_text(encoding="utf-8"))
    assert len(found) >= AT_LEAST.get(name, 1)
    for words in found:
        if not {"--help", "--install-completion"} & {*words}:
            assert taken(words) in COMMANDS


def taken(words: list[str]) -> str:
    """The command, also where a sentence names it without the words that it needs."""
    variants: tuple[list[str], ...] = (
        [], ["FILE"], ["--coder", "x"], ["-o", "x"], ["FILE", "-o", "x"], ["RUN", "RUN"],
        ["--as", "page", "--coder", "x", "-o", "x.html"], ["OLD", "NEW"], ["FOLDER"],
    )  # fmt: skip
    reasons: list[AssertionError] = []
    for needed in variants:
        try:
            return parsed([*words, *needed])
        except AssertionError as error:
            reasons.append(error)
    raise reasons[0]


@pytest.mark.parametrize("path", ["configs", "pipeline", "Makefile", "dvc.yaml"])
def test_files_name_commands_that_exist(path: str) -> None:
    """In YAML, messages and docstrings: by their words, which may go on in prose."""
    root = ROOT / path
    files = [root] if root.is_file() else [*root.rglob("*.yaml"), *root.rglob("*.py")]
    files += [] if root.is_file() else root.rglob("*.j2")
    files = [file for file in files if file.name not in ("old_words.py", "complaints.py")]
    spoken = [
        (file, match)
        for file in files
        for match in re.findall(
            r"(?:^# |`|/|cmd: |<code>)rhetoric ([a-z]+)(?: ([a-z]+))?(?: ([a-z]+))?",
            file.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    ]
    assert spoken
    known = {*COMMANDS, "labels", "annotate", "annotate studio", "codebook"}
    for file, match in spoken:
        word = [part for part in match if part]
        group = word[0] in ("labels", "annotate", "codebook")
        named = " ".join(word[: 3 if word[1:2] == ["studio"] else 2 if group else 1])
        assert named in known, f"{file}: rhetoric {named}"


_SETTING = re.compile(r"(?<![\w./])([a-z]+(?:[./][a-z_]+)*)=((?:[^\s`'\"]|'[^']*')+)")
# What a suggestion means to go with.
_WITH = {
    "backbone=hub": ["backbone.name=x"],
    "train.precision=bf16": ["train.method=full"],
    "train.precision=fp16": ["train.method=full"],
    "labelled.part=P": ["labelled.files=[x.csv]", "labelled.parts=[P]"],
}


def messages(path: Path) -> Iterator[str]:
    """Every text in a module but its docstrings; what is filled in later stands as a zero byte."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if id(node) in docstrings:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = (v.value if isinstance(v, ast.Constant) else "\0" for v in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_setting_that_a_message_suggests_can_be_typed() -> None:
    sections = {item.name for item in fields(Config)}
    tried = set()
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        for message in messages(path):
            for key, value in _SETTING.findall(message):
                word = f"{key}={_MORE.sub('', value).rstrip('.,:;)')}"
                if "[" not in word:  # of a usage line, where brackets stand around what is optional
                    word = word.rstrip("]")
                # Values filled in repeat what was typed; a value cut off is part of a longer one.
                cut = any(word.count(a) > word.count(b) for a, b in ("[]", "{}"))
                if (
                    re.split(r"[./]", key)[0] in sections
                    and not cut
                    and not re.search(r"[\0{]", word)
                ):
                    tried.add(word)
    assert len(tried) > 40
    for word in sorted(tried):
        assert composed([word, *_WITH.get(word, [])]), word


def test_the_documents_mention_most_commands() -> None:
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS)
    unnamed = [command for command in COMMANDS if f"rhetoric {command}" not in text]
    assert set(unnamed) <= {"ingest", "segment", "label", "split", "track", "labels diversity"}


def test_the_tables_of_the_datasheet_are_those_of_the_data() -> None:
    book = codebooks.load(LABELS / "codebook.yaml")
    annotations = store.read(
        texts=LABELS / "texts",
        annotations=LABELS / "annotations",
        coders=LABELS / "coders.yaml",
        codebook=book,
    )
    tables = statistics.tables(
        store.read_texts(LABELS / "texts"), annotations, book, coders.read(LABELS / "coders.yaml")
    )
    sheet = LABELS / "README.md"
    fresh = generated(filled(sheet, statistics.render(tables)))
    assert generated(sheet.read_text(encoding="utf-8")) == fresh, (
        "run `rhetoric labels stats -o labels/README.md`"
    )


def test_every_package_has_a_row_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = [
        path.name + ("/" if path.is_dir() else "")
        for path in (ROOT / "pipeline").iterdir()
        if not path.name.startswith("_")
    ]
    assert len(rooms) > 15
    assert [room for room in rooms if f"`{room}" not in text] == []
