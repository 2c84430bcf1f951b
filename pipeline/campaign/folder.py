"""The labels folder given by the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline import codebook as codebooks
from pipeline.annotation import importing, staleness, store
from pipeline.annotation import lines as coded
from pipeline.annotation.lines import Line
from pipeline.campaign.passages import label_texts
from pipeline.codebook import Codebook
from pipeline.config import Config, located
from pipeline.config.locations import not_of_this_folder
from pipeline.io.console import warn


@dataclass(frozen=True)
class Labels:
    """Paths of the labels, and their codebook."""

    texts: Path
    annotations: Path
    coders: Path
    codebook: Codebook
    hydrated: Path
    instructions: Path

    def instructions_text(self) -> str:
        """Instructions for coders in Markdown; empty if there is no such file."""
        there = self.instructions.is_file()
        return self.instructions.read_text(encoding="utf-8") if there else ""

    def answers(self) -> pl.DataFrame:
        return store.read(
            texts=self.texts,
            annotations=self.annotations,
            coders=self.coders,
            codebook=self.codebook,
        )

    def done_by(self, coder: str) -> set[str]:
        """Passages with any answer of a coder."""
        return {line.passage_id for line in self.lines_of(coder)}

    def answered_by(self, coder: str, texts: Mapping[str, str]) -> dict[str, set[str]]:
        """Passage → questions to which a coder has answers that are not stale.

        ``texts`` maps passage ids to texts.
        """
        lines = self.lines_of(coder)
        stale = staleness.stale(lines, self.codebook, texts)
        found: dict[str, set[str]] = {}
        for line in lines:
            found.setdefault(line.passage_id, set()).update(line.questions(self.codebook))
        return {key: names - set(stale.get(key, ())) for key, names in found.items()}

    def lines_of(self, coder: str) -> list[Line]:
        """All lines of a coder; raises InputError for an invalid pseudonym."""
        importing.check_pseudonym(coder)
        path = self.annotations / f"{coder}.jsonl"
        return coded.read(path) if path.exists() else []


def labels_of(config: Config) -> Labels:
    """The labels that the settings name, with a note if the codebook is not this folder's own."""
    codebook = located(config.codebook)
    if note := not_of_this_folder(config.codebook):
        warn(note)
    return Labels(
        Path(config.label.texts),
        Path(config.label.annotations),
        Path(config.label.coders),
        codebooks.load(codebook),
        Path(config.label.hydrated),
        codebook.with_name("CODING.md"),
    )


def known_texts(config: Config) -> dict[str, str]:
    """Passage → text of all available passages, for checking evidence."""
    if not any(Path(folder).is_dir() for folder in (config.label.texts, config.label.hydrated)):
        return {}
    return dict(label_texts(config).select("passage_id", "text").iter_rows())
