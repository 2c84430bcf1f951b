"""``labels/`` as the settings say where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline import codebook as codebooks
from pipeline.annotation import importing, staleness, store
from pipeline.annotation import lines as coded
from pipeline.annotation.lines import Line
from pipeline.campaign.passages import all_texts
from pipeline.codebook import Codebook
from pipeline.config import Config, located


@dataclass(frozen=True)
class Labels:
    """Where the labels stand, and the codebook they are coded under."""

    texts: Path
    annotations: Path
    coders: Path
    codebook: Codebook
    hydrated: Path
    instructions: Path

    def instructions_text(self) -> str:
        """Beside the codebook, in Markdown, for coders; none where there is no such file."""
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
        """Passages that a coder has answered, in whole or in part."""
        return {line.passage_id for line in self.lines_of(coder)}

    def answered_by(self, coder: str, texts: Mapping[str, str]) -> dict[str, set[str]]:
        """Passage → questions that a coder has answered under rules that still hold.

        ``texts`` are those of the passages in question, by id.
        """
        lines = self.lines_of(coder)
        stale = staleness.stale(lines, self.codebook, texts)
        found: dict[str, set[str]] = {}
        for line in lines:
            found.setdefault(line.passage_id, set()).update(line.questions(self.codebook))
        return {key: names - set(stale.get(key, ())) for key, names in found.items()}

    def lines_of(self, coder: str) -> list[Line]:
        """What a coder has said; raises InputError for a name that is no pseudonym."""
        importing.check_pseudonym(coder)
        path = self.annotations / f"{coder}.jsonl"
        return coded.read(path) if path.exists() else []


def labels_of(config: Config) -> Labels:
    codebook = located(config.codebook)
    return Labels(
        Path(config.label.texts),
        Path(config.label.annotations),
        Path(config.label.coders),
        codebooks.load(codebook),
        Path(config.label.hydrated),
        codebook.with_name("CODING.md"),
    )


def known_texts(config: Config) -> dict[str, str]:
    """Passage → text of those that are here, to look evidence up in."""
    if not Path(config.label.texts).is_dir():
        return {}
    return dict(all_texts(config).select("passage_id", "text").iter_rows())
