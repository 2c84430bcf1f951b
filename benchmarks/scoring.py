"""Speed of a trained classifier, compared with common ways of running its encoder.

    python -m benchmarks.scoring [FILES…] --model DIR [--passages N] [--rounds N] [-o TABLE.md]

FILES are posts of any collector; by default the texts in ``labels/`` are used. Every method runs in
a separate process on the same distinct passages, including tokenising. They alternate by round, so
that noise of the machine affects all; the best round counts. Needs the extra ``benchmark``.

First only the encoder is timed, then the whole classifier as in ``rhetoric score`` (with n-grams,
sentences, decisions and the table). Changed findings are differences from torch, as at conversion.
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks import encoders
from pipeline import sources
from pipeline.models.base import Matrix
from pipeline.models.classifier import Classifier
from pipeline.models.encoder.encoding import encode
from pipeline.models.openvino import Parity
from pipeline.models.predictions import decide
from pipeline.scoring.engines import choose
from pipeline.scoring.resume import scorer_of
from pipeline.text import segmentation

Answer = Callable[[pl.DataFrame], Matrix]

ENCODER = {
    "HF pipeline, batch 1": encoders.pipeline_of(1),
    "HF pipeline, batch 32": encoders.pipeline_of(32),
    "torch, sorted by length": encoders.torch_sorted,
    "ONNX Runtime, dynamic int8": encoders.onnx_int8,
    "OpenVINO int8 (ours)": encoders.ours,
}
WHOLE = {
    "whole, torch, evidence off": ("torch", False),
    "whole, torch, evidence on": ("torch", True),
    "whole, ours, evidence off": ("openvino", False),
    "whole, ours, evidence on": ("openvino", True),
}
REFERENCE = {**dict.fromkeys(ENCODER, "torch, sorted by length")} | dict.fromkeys(
    WHOLE, "whole, torch, evidence off"
)


@dataclass
class Timing:
    """The best round of a method: seconds, CPU seconds, peak memory in bytes, its output."""

    wall: float
    cpu: float
    memory: int
    output: Matrix


def main() -> None:
    arguments = _arguments()
    passages = _passages(arguments.files, arguments.passages)
    classifier = Classifier.load(arguments.model)
    encoder = encoders.encoder_of(classifier)
    tokens = int(encode(encoder.backbone, passages, encoder.context).lengths.sum())
    peak = encoders.int8_peak()
    names = [name for name in (*ENCODER, *WHOLE) if arguments.only in name]
    best = _rounds(names, arguments.model, passages, arguments.rounds)
    operations = 2 * encoders.products_per_token(encoder) * tokens
    table = _table(best, classifier, passages.height, operations / peak)
    table += (
        f"\n\n{passages.height} passages, {tokens / passages.height:.0f} tokens each, "
        f"{arguments.rounds} rounds, {encoders.threads()} threads; "
        f"int8 peak {peak / 1e12:.2f} T operations per second."
    )
    sys.stdout.write(table + "\n")
    if arguments.output is not None:
        arguments.output.write_text(table + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--model", type=Path, default=Path("build/model"))
    parser.add_argument("--passages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="only methods whose name contains this")
    parser.add_argument("-o", "--output", type=Path)
    return parser.parse_args()


def _passages(files: Sequence[Path], count: int) -> pl.DataFrame:
    names = [str(path) for path in files] or ["labels/texts/*.jsonl"]
    kept = [
        segmentation.segment(batch.posts, min_characters=25, item_characters=40)[0]
        for path in sources.expand(names)
        for batch in sources.read(path, {}, {})
    ]
    # Columns on the origin of posts are left empty.
    every = pl.concat(kept).unique("text", maintain_order=True)
    chosen = every.sample(min(count, every.height), seed=1)
    nothing = pl.lit(None, pl.String)
    return chosen.with_columns(
        channel=pl.lit("benchmark"), published=pl.lit(None, pl.Datetime("us", "UTC")),
        forwarded_from=nothing, url=nothing, source_file=pl.lit("benchmark"),
    )  # fmt: skip


def _rounds(
    names: Sequence[str], model: Path, passages: pl.DataFrame, rounds: int
) -> dict[str, Timing]:
    context = mp.get_context("spawn")
    workers: dict[str, tuple[Any, Connection]] = {}
    for name in names:
        ours, theirs = context.Pipe()
        worker = context.Process(target=_worker, args=(name, model, passages, theirs), daemon=True)
        worker.start()
        ours.recv()  # wait until it is loaded; loading in parallel would be slow
        workers[name] = (worker, ours)
    best: dict[str, Timing] = {}
    for number in range(rounds):
        for name, (_, connection) in workers.items():
            sys.stderr.write(f"round {number + 1}: {name}\n")
            connection.send("go")
            timing: Timing = connection.recv()
            if name not in best or timing.cpu < best[name].cpu:
                best[name] = timing
    for worker, connection in workers.values():
        connection.send("stop")
        worker.join()
    return best


def _worker(name: str, model: Path, passages: pl.DataFrame, connection: Connection) -> None:
    classifier = Classifier.load(model)
    answer = (
        ENCODER[name](classifier, model)
        if name in ENCODER
        else _scoring(classifier, model, *WHOLE[name])
    )
    answer(passages[:32])  # warm-up: some parts are compiled on first use
    connection.send("ready")
    while connection.recv() == "go":
        before, cpu = time.perf_counter(), os.times()
        output = answer(passages)
        after, end = time.perf_counter(), os.times()
        spent = end.user + end.system - cpu.user - cpu.system
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        connection.send(Timing(after - before, spent, memory, output))


def _scoring(classifier: Classifier, folder: Path, engine: str, evidence: bool) -> Answer:
    chosen = choose(engine, classifier, folder)
    if chosen.fallback_reason is not None:
        sys.stderr.write(f"{chosen.fallback_reason}\n")
    scorer = scorer_of(classifier, chosen.engine, "benchmark", mark_evidence=evidence)
    questions = classifier.codebook.questions
    columns = [q.rule.code if not q.is_stance else f"stance_{q.rule.code}" for q in questions]

    def answer(passages: pl.DataFrame) -> Matrix:
        table = scorer.score(passages)[0].sort("paragraph_id")
        return table.select(pl.col(columns).cast(pl.String)).to_numpy()

    return answer


def _table(
    best: dict[str, Timing], classifier: Classifier, passages: int, least_seconds: float
) -> str:
    lines = [
        "| way | passages/s | per core-second | times torch | share of int8 peak | peak memory | "
        "findings changed |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, timing in best.items():
        reference = best.get(REFERENCE[name])
        times, changed = "", ""
        if reference is not None:
            times = f"{reference.cpu / timing.cpu:.2f}"
            changed = f"{_parity(reference.output, timing.output, classifier).pooled.share:.1%}"
        share = f"{least_seconds * encoders.threads() / timing.cpu:.0%}" if name in ENCODER else ""
        lines.append(
            f"| {name} | {passages / timing.wall:.1f} | {passages / timing.cpu:.1f} | {times} | "
            f"{share} | {timing.memory / 2**30:.1f} GB | {changed} |"
        )
    return "\n".join(lines)


def _parity(reference: Matrix, other: Matrix, classifier: Classifier) -> Parity:
    """The parity of decisions; probabilities of an encoder are decided with the classifier's
    thresholds."""
    sides = [_decisions(output, classifier) for output in (reference, other)]
    return Parity.of(sides[0], sides[1], [q.name for q in classifier.codebook.questions])


def _decisions(output: Any, classifier: Classifier) -> Any:
    if output.dtype != object:
        return decide(output, classifier.thresholds, classifier.codebook)
    return np.where(output == "false", "absent", output)


if __name__ == "__main__":
    main()
