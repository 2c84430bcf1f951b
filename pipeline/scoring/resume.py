"""What a run stands on, and whether the run that lies in a folder stands on the same."""

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

# What a classifier that does not say was trained on.
DEFAULT_LANGUAGES = ("en", "ru")


def scorer_of(
    classifier: Classifier, engine: Engine, model_version: str, *, mark_evidence: bool
) -> Scorer:
    """The classifier, answered for by an engine; supported are the languages it was trained on,
    less those it was found to be weak in."""
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
    """Hashes and settings that every shard of a run has in common."""
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


def take_up(
    folder: ScoringFolder,
    identity: Identity,
    classifier: Classifier,
    *,
    restart: bool,
    update: bool,
) -> Ledger:
    """The ledger of the run in the folder; begins one where there is none.

    With ``update`` its last round may have been about other input: all else must be the same.

    Raises:
        InputError: the run there stands on something else, or what lies there is no run.
    """
    if restart:
        folder.clear()
    folder.refuse_strangers()
    if folder.ledger.exists():
        ledger.mend(folder.ledger)
    elif folder.parts():
        raise InputError(
            f"{folder.path}: holds scores but no ledger of how they were made; "
            "give another -o, or --restart to begin anew"
        )
    else:
        _begin(folder, identity, classifier)
    standing = ledger.read(folder.ledger)
    changes = standing.identity.with_inputs(identity.inputs).changes_to(identity)
    others = [] if update else input_changes(standing.last.inputs, identity.inputs)
    if changes or others:
        hint = "" if changes else "--update to add what is new in it, "
        raise InputError(
            f"{folder.path}: was begun with something else, and scores are never mixed. "
            f"Changed: {'; '.join(changes + others)}. "
            f"Give {hint}another -o, or --restart to begin anew"
        )
    return standing


def stand(inputs: Inputs) -> bool:
    """Whether these files lie where they lay, with the content they had."""
    return all(Path(name).is_file() and sha256_of(Path(name)) == digest for name, digest in inputs)


def take_back(folder: ScoringFolder, round_number: int) -> None:
    """Take away what a round that can never be finished left; the ledger comes after."""
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
