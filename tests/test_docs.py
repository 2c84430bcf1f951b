"""The documentation agrees with the code and the data."""

import re
from pathlib import Path

import pytest

from pipeline import codebook as codebooks
from pipeline.annotation import coders, statistics, store
from pipeline.annotation.datasheet import filled, generated
from pipeline.cli.parser import COMMANDS
from pipeline.cli.words import ANNOTATE_COMMANDS, LABELS_COMMANDS

ROOT = Path(__file__).parent.parent
LABELS = ROOT / "labels"
DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "labels/README.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_in_a_document_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    spoken = re.findall(r"(?:^|`)rhetoric ([a-z]+)(?: ([a-z]+))?(?: ([a-z]+))?", text, re.MULTILINE)
    assert spoken
    for command, word, third in spoken:
        assert command in COMMANDS, f"{name}: rhetoric {command}"
        if command in ("labels", "annotate"):
            known = LABELS_COMMANDS if command == "labels" else ANNOTATE_COMMANDS
            both = f"{word} {third}"
            assert word in known or both in known, f"{name}: rhetoric {command} {both}"


def test_the_documents_mention_most_commands() -> None:
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS)
    unnamed = [command for command in COMMANDS if f"rhetoric {command}" not in text]
    assert set(unnamed) <= {"ingest", "segment", "label", "split", "track"}


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
    assert len(rooms) > 20
    assert [room for room in rooms if f"`{room}" not in text] == []
