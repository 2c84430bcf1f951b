"""Texts that may not be redistributed.

Only their passage ids are published with labels. The texts are found in the user's own copy of the
source and kept in a folder that git ignores.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from pipeline.annotation import store
from pipeline.annotation.texts import Text, frame
from pipeline.io import files
from pipeline.io.locking import changing

FILE = "texts.jsonl"
UNKNOWN = "unknown"
UNDETERMINED = "und"


def found(wanted: Collection[str], passages: pl.DataFrame) -> list[Text]:
    """The passages of a source whose ids are wanted, each once.

    ``passages`` has ``passage_id text opening before language post position``. If two wanted
    passages have the same position in a post (because it was edited between two exports), the one
    with the later id moves to the next free position.
    """
    rows = (
        passages.filter(pl.col("passage_id").is_in(list(wanted)))
        .sort("passage_id", "post", "position")
        .unique("passage_id", keep="first", maintain_order=True)
    )
    taken: set[tuple[str, int]] = set()
    texts = []
    for row in rows.iter_rows(named=True):
        place = (row["post"], row["position"])
        while place in taken:
            place = (row["post"], place[1] + 1)
        taken.add(place)
        texts.append(
            Text(
                passage_id=row["passage_id"],
                text=row["text"],
                language=row["language"] or UNDETERMINED,
                voice=UNKNOWN,
                genre=UNKNOWN,
                post=row["post"],
                position=place[1],
                opening=row["opening"] or "",
                before=row["before"] or "",
            )
        )
    return texts


def keep(folder: Path, texts: Collection[Text]) -> None:
    """Add texts to those found before; also writes a .gitignore that excludes the folder."""
    with changing(folder / FILE):
        known = read(folder)
        new = frame([text for text in texts if text.passage_id not in set(known["passage_id"])])
        rows = pl.concat([known, new]).sort("passage_id").rows(named=True)
        lines = "".join(Text(**row).to_json() + "\n" for row in rows)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            files.write_text(ignore, "*\n!.gitignore\n")
        files.write_text(folder / FILE, lines)


def read(folder: Path) -> pl.DataFrame:
    """The texts found before; no rows if the folder does not exist."""
    return store.read_texts(folder) if folder.is_dir() else frame([])


def with_hydrated(texts: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """The shipped texts and the user's hydrated ones, sorted by ``passage_id``, each once."""
    both = pl.concat([texts, read(folder)])
    return both.unique("passage_id", keep="first", maintain_order=True).sort("passage_id")
