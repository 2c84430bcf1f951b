"""The provenance of a scoring folder: codebook, model, progress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.scoring import ledger
from pipeline.scoring.folder import ScoringFolder
from pipeline.scoring.ledger import Plan


@dataclass(frozen=True)
class Record:
    """The codebook and provenance of the scores in a folder.

    Attributes:
        codebook: the codebook that the model was trained with.
        provenance: JSON: ``inputs`` (name, hash), ``model``, ``codebook``, ``engine``,
            ``settings``, ``rounds`` (1, plus one per update), ``about`` (kind and provenance of
            the model), ``plan`` (posts, paragraphs, dropped by reason, paragraphs by language),
            ``truncated``.
        complete: whether every shard is finished.
    """

    codebook: Codebook
    provenance: dict[str, Any]
    complete: bool


def read_record(path: Path) -> Record:
    """Read a scoring folder; raises InputError if it is not one."""
    folder = ScoringFolder(path)
    if not folder.ledger.is_file():
        raise InputError(
            f"{path}: no scores here (ledger.jsonl is missing); `rhetoric score FILES… -o {path}` "
            "writes them"
        )
    found = ledger.read(folder.ledger)
    rounds = found.rounds
    provenance = asdict(found.identity) | {
        "inputs": [list(file) for round_ in rounds for file in round_.inputs],
        "rounds": len(rounds),
        "about": found.about,
        "plan": _totals([round_.plan for round_ in rounds if round_.plan is not None]),
        "truncated": sum(shard.cut for round_ in rounds for shard in round_.shards.values()),
    }
    return Record(
        codebook=codebooks.load(folder.codebook),
        provenance=provenance,
        complete=all(round_.complete for round_ in rounds),
    )


def _totals(plans: Sequence[Plan]) -> dict[str, Any] | None:
    """The counts of all rounds; None if no round has a plan."""
    if not plans:
        return None
    dropped, languages = Counter[str](), Counter[str]()
    for plan in plans:
        dropped.update(plan.dropped)
        languages.update(plan.languages)
    return {
        "posts": sum(plan.posts for plan in plans),
        "paragraphs": sum(plan.paragraphs for plan in plans),
        "dropped": dict(sorted(dropped.items())),
        "languages": dict(sorted(languages.items())),
    }
