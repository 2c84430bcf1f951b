"""Time and memory by number of posts, for reading and segmenting, and with a model for scoring.

    python -m benchmarks.scaling [--posts 10000,100000,1000000] [--model DIR [--keep FOLDER]]
        [-o TABLE.md]

Posts are synthetic: one to four random shipped passages in one language, numbered so that all are
distinct, in eight channels; a twentieth of the posts has been edited once. Every size runs in a
separate process. ``--keep`` stores the scores of each size in ``FOLDER/SIZE``, for example for a
report.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import numpy as np

from pipeline.annotation import store
from pipeline.io.progress import quiet
from pipeline.scoring import ScoreSettings, score_files
from pipeline.scoring.folder import ScoringFolder
from pipeline.scoring.prepare import Reading, prepare
from pipeline.scoring.updates import EarlierRounds

TEXTS = Path("labels/texts")
CHANNELS = 8
SHARD_PASSAGES = 5000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--posts", default="10000,100000")
    parser.add_argument("--model", type=Path, help="also score with this classifier")
    parser.add_argument("--keep", type=Path, help="store the scores here, one folder per size")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    lines = [
        "| posts | paragraphs | file | seconds | posts/s | peak memory |",
        "|---|---|---|---|---|---|",
    ]
    context = mp.get_context("spawn")
    for count in (int(part) for part in arguments.posts.split(",")):
        answer: SimpleQueue[str] = context.SimpleQueue()
        process = context.Process(
            target=_report, args=(answer, count, arguments.model, arguments.keep)
        )
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(f"scaling: {count} posts failed")
        lines.append(answer.get())
        sys.stderr.write(lines[-1] + "\n")
    table = "\n".join(lines)
    sys.stdout.write(table + "\n")
    if arguments.output is not None:
        arguments.output.write_text(table + "\n", encoding="utf-8")


def _report(answer: SimpleQueue[str], count: int, model: Path | None, keep: Path | None) -> None:
    answer.put(measure(count, model, keep))


def measure(count: int, model: Path | None, keep: Path | None = None) -> str:
    """A line of the table."""
    folder = Path(tempfile.mkdtemp(prefix="rhetoric-scaling-"))
    try:
        path = folder / "posts.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(post, ensure_ascii=False) + "\n" for post in posts(count))
        before = time.perf_counter()
        paragraphs = _prepared(path, folder) if model is None else _scored(path, folder, model)
        seconds = time.perf_counter() - before
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        size = path.stat().st_size
        if keep is not None:
            shutil.move(folder / "out", keep / str(count))
    finally:
        shutil.rmtree(folder)
    return (
        f"| {count:,} | {paragraphs:,} | {size / 2**20:.0f} MB | {seconds:.1f} | "
        f"{count / seconds:,.0f} | {memory / 2**30:.2f} GB |"
    )


def _prepared(path: Path, folder: Path) -> int:
    reading = Reading({}, {}, 25, 40, SHARD_PASSAGES)
    return prepare(
        [path], ScoringFolder(folder / "out"), 0, EarlierRounds(), reading, quiet
    ).paragraphs


def _scored(path: Path, folder: Path, model: Path) -> int:
    summary = score_files(
        [path],
        ScoreSettings(model, Reading({}, {}, 25, 40, SHARD_PASSAGES)),
        folder / "out",
    )
    return summary.kept


def posts(count: int) -> Iterator[dict[str, object]]:
    """The same posts in every run; every twentieth has an edited second copy."""
    rng = np.random.default_rng(0)
    shipped = store.read_texts(TEXTS)
    texts = [part["text"].to_list() for part in shipped.partition_by("language")]
    shares = np.array([len(own) for own in texts]) / shipped.height
    for number in range(count):
        own = texts[rng.choice(len(texts), p=shares)]
        drawn = rng.integers(0, len(own), rng.integers(1, 5))
        paragraphs = [f"{own[row]} ({number}.{place})" for place, row in enumerate(drawn)]
        post: dict[str, object] = {
            "id": f"bench/{number}",
            "channel": f"bench{number % CHANNELS}",
            "date": f"2026-{1 + number % 12:02d}-{1 + number % 28:02d}T10:00:00Z",
            "text": "\n\n".join(paragraphs),
        }
        yield post
        if number % 20 == 0:
            yield {**post, "edited": "2026-12-30T10:00:00Z", "text": f"{post['text']} Corrected."}


if __name__ == "__main__":
    main()
