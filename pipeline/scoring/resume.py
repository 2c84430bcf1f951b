"""The identity of a run, and whether the run in a folder has the same identity."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.models.classifier import Classifier
from pipeline.scoring import ledger
from pipeline.scoring.engines import Engine
from pipeline.scoring.fingerprint import Identity, Inputs, input_changes
from pipeline.scoring.folder import ScoringFolder, sha256_of
from pipeline.scoring.ledger import Ledger
from pipeline.scoring.prepare import Reading
from pipeline.scoring.shards import Scorer
from pipeline.text.passage_id import NORMALISER_VERSION

# The training languages of a classifier that does not state them.
DEFAULT_LANGUAGES = ("en", "ru")


def scorer_of(
    classifier: Classifier, engine: Engine, model_version: str, *, mark_evidence: bool
) -> Scorer:
    """The classifier run by an engine; supported languages are those of its training, without
    those in which it performs poorly on dev."""
    trained = classifier.provenance.get("languages", DEFAULT_LANGUAGES)
    weak = classifier.provenance.get("unsupported_languages", ())
    return Scorer(
        engine=engine,
        codebook=classifier.codebook,
        thresholds=classifier.thresholds,
        model_version=model_version,
        languages=frozenset(trained) - frozenset(weak),
        mark_evidence=mark_evidence,
    )


def identity_of(files: Sequence[Path], scorer: Scorer, reading: Reading) -> Identity:
    """Hashes and settings common to every shard of a run."""
    settings: dict[str, Any] = {
        "min_characters": reading.min_characters,
        "item_characters": reading.item_characters,
        "shard_passages": reading.shard_passages,
        "columns": {field: name for field, name in reading.columns.items() if name is not None},
        "channel_aliases": {str(name): target for name, target in reading.aliases.items()},
        "normaliser": NORMALISER_VERSION,
        "evidence": f"sentencex {version('sentencex')}" if scorer.mark_evidence else "none",
    }
    return Identity(
        inputs=[(str(path), sha256_of(path)) for path in files],
        model=scorer.model_version,
        codebook=scorer.codebook.digest,
        engine=scorer.engine.name,
        settings=settings,
    )


def open_ledger(
    folder: ScoringFolder,
    identity: Identity,
    classifier: Classifier,
    *,
    restart: bool,
    update: bool,
) -> Ledger:
    """The ledger of the run in the folder; created if there is none.

    The run must have the same identity; with ``update``, the input may differ.

    Raises:
        InputError: the run has another identity, or the folder's content is not a run.
    """
    if restart:
        folder.clear()
    folder.check_contents()
    if folder.ledger.exists():
        ledger.repair(folder.ledger)
    elif folder.parts():
        raise InputError(
            f"{folder.path}: holds scores but no ledger of how they were made; "
            "give another -o, or --restart to start over"
        )
    else:
        _begin(folder, identity, classifier)
    found = ledger.read(folder.ledger)
    changes = found.identity.with_inputs(identity.inputs).changes_to(identity)
    others = [] if update else input_changes(found.last.inputs, identity.inputs)
    if changes or others:
        hint = "" if changes else "--update to add what is new in it, "
        raise InputError(
            f"{folder.path}: holds a run with a different input, model or setting. "
            f"Changed: {'; '.join(changes + others)}. "
            f"Give {hint}another -o, or --restart to start over"
        )
    return found


def inputs_unchanged(inputs: Inputs) -> bool:
    """Whether these files still exist with the same content."""
    return all(Path(name).is_file() and sha256_of(Path(name)) == digest for name, digest in inputs)


def discard_round(folder: ScoringFolder, round_number: int) -> None:
    """Remove the files of a round that cannot be finished; the caller updates the ledger."""
    folder.sweep()
    for path in [*folder.parts_of(round_number), folder.dropped_part(round_number)]:
        path.unlink(missing_ok=True)


def _begin(folder: ScoringFolder, identity: Identity, classifier: Classifier) -> None:
    folder.sweep()
    about = {
        "kind": classifier.fitted.kind,
        "codebook_version": classifier.codebook.version,
        "model_provenance": classifier.provenance,
    }
    with folder.publishing(folder.codebook) as file:
        file.write(classifier.codebook_yaml)
    with folder.publishing(folder.ledger) as file:
        file.write(ledger.first_line(identity, about))
