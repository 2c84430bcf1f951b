"""``codebook check`` and ``codebook diff``, the second with the stale answers in ``labels/``."""

from __future__ import annotations

from pathlib import Path

from pipeline import codebook as codebooks
from pipeline.annotation import lines as coded
from pipeline.annotation import staleness
from pipeline.campaign.folder import known_texts
from pipeline.codebook import Codebook, checking, difference
from pipeline.config import Config, located
from pipeline.config.locations import not_of_this_folder
from pipeline.io.console import say, warn


def check(config: Config) -> int:
    """Print what the codebook lacks; returns the exit code: 1 if it contradicts itself."""
    if note := not_of_this_folder(config.codebook):
        warn(note)
    path = located(config.codebook)
    codebook = codebooks.load(path)
    found = checking.check(codebook)
    say(checking.rendered(codebook, found, str(path)))
    return 1 if any(finding.wrong for finding in found) else 0


def diff(old: Path, new: Path, config: Config) -> None:
    """Print what changed between two codebooks, and how many answers here become stale."""
    after = codebooks.load(new)
    say(difference.rendered(difference.difference(codebooks.load(old), after)))
    folder = Path(config.label.annotations)
    if folder.is_dir():
        say(_stale_answers(folder, after, known_texts(config)))


def _stale_answers(folder: Path, codebook: Codebook, texts: dict[str, str]) -> str:
    """How many answers of each coder are stale under a codebook."""
    found = {}
    for path in sorted(folder.glob("*.jsonl")):
        stale = staleness.stale(coded.read(path), codebook, texts)
        if number := sum(map(len, stale.values())):
            found[path.stem] = f"{path.stem} {number} on {len(stale)} passages"
    if not found:
        return f"{folder}: no answer becomes stale"
    return (
        f"{folder}: answers to give again: {', '.join(found.values())}; `rhetoric annotate queue "
        "--stale --coder NAME` sends them"
    )
