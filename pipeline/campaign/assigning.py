"""``annotate assign`` and ``annotate status``: assigns a queue to coders, and shows progress."""

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
    """Divide a queue file among coders; each coder's part is the queue ``output/NAME.jsonl``.

    The assignment is stored in ``label.assignments``, without texts.
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
    record = dealt.save(Path(config.label.assignments), queue.stem)
    registered = coders.registered(Path(config.label.coders))
    for name, own in dealt.share_of.items():
        path = output / f"{name}.jsonl"
        queue_file.write(path, assignment.of_coder(dealt, waiting, name))
        say(f"{path}: {len(own)} passages for {name}")
        if missing := coders.entry_missing(name, registered, Path(config.label.coders)):
            say(missing)
    say(
        f"{record}: {len(dealt.calibration)} passages coded by all, {len(dealt.shared)} by two; "
        "keep it with the answers; `rhetoric annotate status` shows the progress"
    )
    return dealt


def status(record: Path, config: Config, *, target: float = 0.8) -> Status:
    """Print the progress of each coder, and agreement so far compared with a target."""
    codebook = codebooks.load(located(config.codebook))
    folder = components.labels_folder(config)
    now = assignment.status(
        assignment.read(record), folder.annotations(codebook), codebook, target=target
    )
    for line in assignment.status_lines(now, coders.read(folder.coders)):
        say(line)
    return now
