"""What a run of scoring did, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Reasons and languages that a line names; the rest is summed up.
LISTED = 12


@dataclass(frozen=True)
class ScoreSummary:
    """Counts of one run; ``str()`` is what the command prints.

    Attributes:
        posts: distinct posts, the latest edit of each.
        kept: paragraphs that were scored.
        dropped: reason → pieces of text.
        shards: parts of the result; ``reused_shards`` of them were finished by an earlier call.
        unsupported_languages: language → paragraphs in it, where the model cannot be trusted.
        truncated: paragraphs longer than the model reads.
        neutralised: CSV cells that a spreadsheet would have run as formulas.
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

    def __str__(self) -> str:
        lines = [f"{self.posts} posts, {self.kept} paragraphs scored in {_count(self.shards)}"]
        if self.reused_shards:
            lines[0] += f", {self.reused_shards} of them from an earlier call"
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
                f"{self.neutralised} CSV cells looked like formulas and got an apostrophe in front"
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
