"""What ``rhetoric annotate studio …`` does: a queue into Label Studio, answers out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from pipeline.annotation import coders
from pipeline.annotation.channels import studio
from pipeline.cli.annotate import known_texts, queue_for, refuse_to_settle, take_in
from pipeline.cli.labels import Labels, labels_of
from pipeline.cli.words import Words
from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.io.console import say

if TYPE_CHECKING:
    from pipeline.annotation.channels.page import Item

# Orders a queue that is for everybody.
_EVERYBODY = "studio"


def perform(name: str, words: Words, config: Config) -> int:
    """Run one of the commands; returns its exit code."""
    labels = labels_of(config)
    if name == "studio push":
        _push(labels, words, config)
    else:
        _pull(labels, words, config)
    return 0


def _push(labels: Labels, words: Words, config: Config) -> None:
    """Passages that the project does not have yet; with ``--coder`` without those that this coder
    has answered elsewhere."""
    server = studio.LabelStudio(config.studio.url, studio.token())
    suggest = _suggestions(labels, words, config) if config.studio.prefill else None
    queue = queue_for("annotate studio push", words.coder or _EVERYBODY, labels, words, config)
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
        f"{server.url}/projects/{pushed.project}: {'made; ' if pushed.created else ''}"
        f"{pushed.sent} passages sent, {pushed.known} there already"
    )


def _suggestions(labels: Labels, words: Words, config: Config) -> studio.Suggest:
    """The answers of ``--model``, of the champion, or of the classifier trained last."""
    from pipeline.experiments.by_hand import default_model
    from pipeline.models.classifier import Classifier

    folder = words.model or default_model(config)
    classifier = Classifier.load(folder)
    if classifier.codebook.outputs != labels.codebook.outputs:
        raise InputError(f"{folder}: this model answers another codebook's questions")
    names = [question.name for question in labels.codebook.questions]

    def suggest(items: Sequence[Item]) -> tuple[list[dict[str, str]], str]:
        columns = ("passage_id", "text", "opening", "before", "language")
        passages = pl.DataFrame({name: [getattr(i, name) for i in items] for name in columns})
        decisions = classifier.answer(passages).decisions
        answers = [dict(zip(names, map(str, row), strict=True)) for row in decisions]
        return answers, f"{folder.name}, codebook {classifier.codebook.version}"

    return suggest


def _pull(labels: Labels, words: Words, config: Config) -> None:
    """From the server, or from a FILE that somebody exported as JSON."""
    if len(words.files) > 1:
        raise InputError("annotate studio pull: name one FILE, or none to ask the server")
    texts = known_texts(config)
    people = coders.in_studio(coders.read(labels.coders), labels.coders)
    if words.files:
        who = studio.People(people, only=words.coder)
        exported = studio.read(words.files[0], labels.codebook, texts, who)
    else:
        exported = studio.pull(
            studio.LabelStudio(config.studio.url, studio.token()),
            labels.codebook,
            texts,
            name=config.studio.project,
            people=people,
            only=words.coder,
        )
    left_out = [f"{number} {kind}" for kind, number in exported.left_out.items() if number]
    if left_out:
        say(f"annotations that are not taken: {', '.join(left_out)}")
    if not exported.found.lines:
        say("no answers yet")
    take_in(exported.found, labels, words)
