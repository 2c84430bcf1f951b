"""A scoring folder as its readers see it: which rules, which model, how far."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.scoring import ledger
from pipeline.scoring.folder import ScoringFolder


@dataclass(frozen=True)
class Record:
    """What stands in a scoring folder beside the scores.

    Attributes:
        codebook: the very rules that the model was trained under.
        provenance: JSON: ``inputs`` (name, hash), ``model``, ``codebook``, ``engine``,
            ``settings``, ``about`` (kind and provenance of the model), ``plan`` (posts,
            paragraphs, dropped by reason, paragraphs by language), ``truncated``.
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
    plan = standing.plan
    provenance = asdict(standing.identity) | {
        "about": standing.about,
        "plan": None if plan is None else asdict(plan),
        "truncated": sum(shard.cut for shard in standing.shards.values()),
    }
    return Record(
        codebook=codebooks.load(folder.codebook),
        provenance=provenance,
        complete=plan is not None and len(standing.shards) == len(plan.shards),
    )
