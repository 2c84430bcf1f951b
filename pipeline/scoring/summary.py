"""The summary of a scoring run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.scoring.updates import EDITED

# Number of reasons and languages listed in a line; the rest is summed.
LISTED = 12


@dataclass(frozen=True)
class ScoreSummary:
    """Counts of one run; ``str()`` is the text that the command prints.

    Attributes:
        unchanged: paragraphs of earlier rounds, not scored again by an update; None for a first
            run. For an update, all other counts are of new text.
        posts: distinct posts, counting the latest edit of each.
        kept: scored paragraphs.
        dropped: reason → pieces of text.
        shards: parts of the result; ``reused_shards`` of them were finished by an earlier call.
        unsupported_languages: unsupported language → paragraphs.
        truncated: paragraphs longer than the model reads.
        neutralised: cells that a spreadsheet would run as formulas.
        shortened: cells of the workbook that exceed the length limit of spreadsheets.
        outputs: written files to list.
    """

    posts: int
    kept: int
    dropped: Mapping[str, int]
    shards: int
    reused_shards: int
    unsupported_languages: Mapping[str, int]
    truncated: int
    neutralised: int
    outputs: tuple[Path, ...]
    unchanged: int | None = None
    shortened: int = 0

    def __str__(self) -> str:
        new = "" if self.unchanged is None else "new "
        lines = [
            f"{self.posts} {new}posts, {self.kept} {new}paragraphs scored in {_count(self.shards)}"
        ]
        if self.reused_shards:
            lines[0] += f", {self.reused_shards} of them from an earlier call"
        if self.unchanged is not None:
            lines.append(f"{self.unchanged} paragraphs of earlier calls are unchanged")
        if self.dropped.get(EDITED):
            lines.append(
                f"{self.dropped[EDITED]} paragraphs of posts edited since then were not scored "
                "again; --restart scores everything again"
            )
        if self.dropped:
            lines.append(f"not scored: {_listed(self.dropped)}")
        if self.unsupported_languages:
            lines.append(
                "in languages that the model did not learn, or was not judged in "
                "(language_supported is false): " + _listed(self.unsupported_languages)
            )
        if self.truncated:
            lines.append(
                f"{self.truncated} paragraphs are longer than the model reads; "
                "their ends were not read"
            )
        if self.neutralised:
            lines.append(
                f"{self.neutralised} cells looked like formulas and are stored as text, in CSV "
                "with an apostrophe in front"
            )
        if self.shortened:
            lines.append(
                f"{self.shortened} cells exceed the length limit of spreadsheets and are cut off "
                "in scores.xlsx"
            )
        return "\n".join(lines + [f"written: {path}" for path in self.outputs])


def _count(shards: int) -> str:
    return "1 shard" if shards == 1 else f"{shards} shards"


def _listed(counts: Mapping[str, int]) -> str:
    largest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    said = [f"{count} {name}" for name, count in largest[:LISTED]]
    rest = largest[LISTED:]
    if rest:
        said.append(f"{sum(count for _, count in rest)} in {len(rest)} others")
    return ", ".join(said)
