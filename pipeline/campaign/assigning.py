"""``annotate assign`` and ``annotate status``: a queue dealt among coders, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline import codebook as codebooks
from pipeline.annotation import assignment, coders
from pipeline.annotation.assignment import Assignment, Status
from pipeline.annotation.queue import queue_file
from pipeline.config import Config, components, located
from pipeline.io.console import say


def assign(
    queue: Path,
    names: Sequence[str],
    output: Path,
    config: Config,
    *,
    overlap: float = 0.2,
    calibration: int = 20,
) -> Assignment:
    """Deal a queue file; each coder's part goes to ``output/NAME.jsonl``, a queue like any other.

    Who got what is kept in ``label.assignments``, without any text.
    """
    codebook = codebooks.load(located(config.codebook))
    waiting = queue_file.read(queue, codebook)
    dealt = assignment.deal(
        waiting,
        names,
        overlap=overlap,
        calibration=calibration,
        name=queue.stem,
        rng=np.random.default_rng(config.seed),
    )
    record = dealt.keep(Path(config.label.assignments), queue.stem)
    registered = coders.read(Path(config.label.coders))
    for name, own in dealt.share_of.items():
        path = output / f"{name}.jsonl"
        queue_file.write(path, assignment.of_coder(dealt, waiting, name))
        say(f"{path}: {len(own)} passages for {name}")
        if missing := coders.entry_missing(name, registered, Path(config.label.coders)):
            say(missing)
    say(
        f"{record}: {len(dealt.calibration)} passages coded by all, {len(dealt.shared)} by two, "
        "kept with the answers; `rhetoric annotate status` shows how far they are"
    )
    return dealt


def status(record: Path, config: Config, *, target: float = 0.8) -> Status:
    """Print done of assigned, hours, agreement so far against a target, and what is open."""
    codebook = codebooks.load(located(config.codebook))
    folder = components.labels_folder(config)
    now = assignment.status(
        assignment.read(record), folder.annotations(codebook), codebook, target=target
    )
    for line in assignment.told(now, coders.read(folder.coders)):
        say(line)
    return now
