"""A scoring folder as its readers see it: which rules, which model, how far."""

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
    """What stands in a scoring folder beside the scores.

    Attributes:
        codebook: the very rules that the model was trained under.
        provenance: JSON: ``inputs`` (name, hash), ``model``, ``codebook``, ``engine``,
            ``settings``, ``rounds`` (1, and one an update), ``about`` (kind and provenance of the
            model), ``plan`` (posts, paragraphs, dropped by reason, paragraphs by language),
            ``truncated``.
        complete: whether every shard is finished.
    """

    codebook: Codebook
    provenance: dict[str, Any]
    complete: bool


def read_record(path: Path) -> Record:
    """Read a scoring folder; raises InputError for a folder that is none."""
    folder = ScoringFolder(path)
    if not folder.ledger.is_file():
        raise InputError(
            f"{path}: no scores here (ledger.jsonl is missing); `rhetoric score FILES… -o {path}` "
            "writes them"
        )
    standing = ledger.read(folder.ledger)
    rounds = standing.rounds
    provenance = asdict(standing.identity) | {
        "inputs": [list(file) for round_ in rounds for file in round_.inputs],
        "rounds": len(rounds),
        "about": standing.about,
        "plan": _together([round_.plan for round_ in rounds if round_.plan is not None]),
        "truncated": sum(shard.cut for round_ in rounds for shard in round_.shards.values()),
    }
    return Record(
        codebook=codebooks.load(folder.codebook),
        provenance=provenance,
        complete=all(round_.complete for round_ in rounds),
    )


def _together(plans: Sequence[Plan]) -> dict[str, Any] | None:
    """The counts of all rounds; None where nothing was read to its end."""
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
