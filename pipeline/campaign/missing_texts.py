"""Finds the texts of passages just coded, so that training has them.

Answers come back by passage id. The record of each queue's sample names the files that its passages
were chosen from, and there the texts are.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pipeline.annotation.queue import sample
from pipeline.campaign.folder import known_texts
from pipeline.campaign.passages import input_passages
from pipeline.config import Config
from pipeline.datasets import hydration
from pipeline.errors import InputError
from pipeline.io.console import say


def find(config: Config, coded: Collection[str]) -> None:
    """Keep the texts of coded passages that have none yet in ``label.hydrated``, and say what is
    still missing.

    Files that are gone, or that cannot be read as posts any more, are passed over: the answers are
    safe already, and `rhetoric labels hydrate` finds texts in any other copy.
    """
    wanted = set(coded) - set(known_texts(config))
    if not wanted:
        return
    for path in _files_of_queues(Path(config.queue.samples)):
        try:
            texts = hydration.found(wanted, input_passages([path], config))
        except InputError:
            continue
        if texts:
            hydration.keep(Path(config.label.hydrated), texts)
            say(f"{config.label.hydrated}: {len(texts)} texts found in {path}; git ignores them")
            wanted -= {text.passage_id for text in texts}
    if wanted:
        say(
            f"{len(wanted)} of these passages have no text here; before training, find them with "
            "`rhetoric labels hydrate FILES` in the posts that they are from"
        )


def _files_of_queues(records: Path) -> list[Path]:
    """The files that queues were chosen from, which are still there, each once."""
    names = [
        name for record in sorted(records.glob("*.json")) for name in sample.read(record).drawn_from
    ]
    return [path for name in dict.fromkeys(names) if (path := Path(name)).is_file()]
