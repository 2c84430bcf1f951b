"""What a run of scoring did, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.scoring.updates import EDITED

# Reasons and languages that a line names; the rest is summed up.
LISTED = 12


@dataclass(frozen=True)
class ScoreSummary:
    """Counts of one run; ``str()`` is what the command prints.

    Attributes:
        standing: paragraphs of earlier rounds that an update left as they are; None for a first
            run. Posts, paragraphs and what was dropped are then those that are new.
        posts: distinct posts, the latest edit of each.
        kept: paragraphs that were scored.
        dropped: reason → pieces of text.
        shards: parts of the result; ``reused_shards`` of them were finished by an earlier call.
        unsupported_languages: language → paragraphs in it, where the model cannot be trusted.
        truncated: paragraphs longer than the model reads.
        neutralised: cells that a spreadsheet would have run as formulas.
        shortened: cells of the workbook that are longer than a spreadsheet holds.
        outputs: what to open.
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
    standing: int | None = None
    shortened: int = 0

    def __str__(self) -> str:
        new = "" if self.standing is None else "new "
        lines = [
            f"{self.posts} {new}posts, {self.kept} {new}paragraphs scored in {_count(self.shards)}"
        ]
        if self.reused_shards:
            lines[0] += f", {self.reused_shards} of them from an earlier call"
        if self.standing is not None:
            lines.append(f"{self.standing} paragraphs from before stand as they were")
        if self.dropped.get(EDITED):
            lines.append(
                f"{self.dropped[EDITED]} paragraphs of posts that were edited since were not "
                "scored again; --restart scores all anew"
            )
        if self.dropped:
            lines.append(f"not scored: {_listed(self.dropped)}")
        if self.unsupported_languages:
            lines.append(
                "in languages the model was not trained on (language_supported is false): "
                + _listed(self.unsupported_languages)
            )
        if self.truncated:
            lines.append(
                f"{self.truncated} paragraphs are longer than the model reads; "
                "their ends were not read"
            )
        if self.neutralised:
            lines.append(
                f"{self.neutralised} cells looked like formulas; they are text now, in CSV by an "
                "apostrophe in front"
            )
        if self.shortened:
            lines.append(
                f"{self.shortened} cells are longer than a spreadsheet holds; in scores.xlsx their "
                "ends are missing"
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
