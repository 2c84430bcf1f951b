"""``annotate studio``: pushes a queue to Label Studio, and pulls answers from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.annotation import coders
from pipeline.annotation.channels import studio
from pipeline.campaign.folder import Labels, known_texts, labels_of
from pipeline.campaign.incoming import import_studio_export
from pipeline.campaign.outgoing import QueueRequest, queue_for, refuse_to_settle
from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.io.console import say

if TYPE_CHECKING:
    from pipeline.annotation.channels.page import Item

# The coder name that determines the order of a queue for all coders.
EVERYBODY = "studio"


def push(config: Config, wanted: QueueRequest, model: Path | None) -> None:
    """Send passages that the project does not have yet."""
    labels = labels_of(config)
    server = studio.LabelStudio(config.studio.url, studio.token())
    suggest = _suggestions(config, labels, model) if config.studio.prefill else None
    queue = queue_for("annotate studio push", config, labels, wanted)
    refuse_to_settle("annotate studio push", queue)
    pushed = studio.push(
        server,
        queue,
        labels.codebook,
        name=config.studio.project,
        annotators=config.studio.annotators,
        suggest=suggest,
    )
    say(
        f"{server.url}/projects/{pushed.project}: {'created; ' if pushed.created else ''}"
        f"{pushed.sent} passages sent, {pushed.known} already there"
    )


def _suggestions(config: Config, labels: Labels, model: Path | None) -> studio.Suggest:
    """A function that suggests the answers of ``model``, or of the default model."""
    from pipeline.experiments.by_hand import default_model
    from pipeline.models.classifier import Classifier

    folder = model or default_model(config)
    classifier = Classifier.load(folder)
    if classifier.codebook.outputs != labels.codebook.outputs:
        raise InputError(f"{folder}: this model has the questions of another codebook")
    names = [question.name for question in labels.codebook.questions]

    def suggest(items: Sequence[Item]) -> tuple[list[dict[str, str]], str]:
        columns = ("passage_id", "text", "opening", "before", "language")
        passages = pl.DataFrame({name: [getattr(i, name) for i in items] for name in columns})
        decisions = classifier.answer(passages).decisions
        answers = [dict(zip(names, map(str, row), strict=True)) for row in decisions]
        return answers, f"{folder.name}, codebook {classifier.codebook.version}"

    return suggest


def pull(config: Config, coder: str | None, *, supersede: bool) -> None:
    """Import the coders' answers from the server."""
    labels = labels_of(config)
    people = coders.in_studio(coders.read(labels.coders), labels.coders)
    exported = studio.pull(
        studio.LabelStudio(config.studio.url, studio.token()),
        labels.codebook,
        known_texts(config),
        name=config.studio.project,
        people=people,
        only=coder,
    )
    import_studio_export(exported, labels, supersede=supersede)
