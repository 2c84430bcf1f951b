"""Answers that come back from coders, into ``labels/``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipeline.annotation import coders, importing
from pipeline.annotation.channels import page, sheet, shorthand, studio
from pipeline.annotation.channels.incoming import Channel, recognise
from pipeline.annotation.channels.returned import Returned
from pipeline.annotation.channels.studio import Exported
from pipeline.annotation.importing import Imported
from pipeline.campaign.folder import Labels, known_texts, labels_of
from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.io.console import say


def take_back(
    config: Config, path: Path, coder: str | None, numbered: Path | None, *, supersede: bool
) -> None:
    """Take in a file of any channel; ``numbered`` is the sheet that shorthand answers belong to.

    Raises InputError where ``coder`` or ``numbered`` is missing, or would be ignored.
    """
    labels = labels_of(config)
    channel = recognise(path)
    if numbered is not None and channel is not Channel.shorthand:
        raise InputError(f"{path}: {channel.value}; --sheet goes with answers in shorthand alone")
    if channel is Channel.shorthand:
        take_in(_shorthand(path, coder, numbered, labels), labels, supersede=supersede)
        return
    if channel is Channel.studio:
        people = coders.in_studio(coders.read(labels.coders), labels.coders)
        who = studio.People(people, only=coder)
        exported = studio.read(path, labels.codebook, known_texts(config), who)
        take_exported(exported, labels, supersede=supersede)
        return
    if coder is not None:
        raise InputError(f"{path}: {channel.value}, which names its coder; leave --coder out")
    read = page.read if channel is Channel.page else sheet.read
    take_in(read(path, labels.codebook, known_texts(config)), labels, supersede=supersede)


def _shorthand(path: Path, coder: str | None, numbered: Path | None, labels: Labels) -> Returned:
    if coder is None or numbered is None:
        raise InputError(
            f"{path}: answers in shorthand; say whose and to which sheet: --coder NAME --sheet FILE"
        )
    importing.check_pseudonym(coder)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    lines = shorthand.read_answers(path, numbered, labels.codebook, coded_at=now)
    return Returned({coder: lines})


def take_exported(exported: Exported, labels: Labels, *, supersede: bool) -> None:
    """What Label Studio exports, from a file or a server."""
    left_out = [f"{number} {kind}" for kind, number in exported.left_out.items() if number]
    if left_out:
        say(f"annotations that are not taken: {', '.join(left_out)}")
    if not exported.found.lines:
        say("no answers yet")
    take_in(exported.found, labels, supersede=supersede)


def take_in(returned: Returned, labels: Labels, *, supersede: bool) -> None:
    """Add what came back to each coder's file, and say what became of it."""
    for warning in returned.warnings:
        say(str(warning))
    registered = coders.read(labels.coders)
    unknown = sorted(set(returned.lines).difference(registered))
    if unknown:
        raise InputError(
            f"{labels.coders}: no entry for {', '.join(unknown)}, so nothing was taken in; add the "
            f"line `{unknown[0]}: {{kind: person, description: who that is in a few words}}` and "
            f"import again; kinds: {', '.join(coders.KINDS)}"
        )
    for coder, lines in returned.lines.items():
        done = importing.add(lines, labels.annotations, coder, labels.codebook, supersede=supersede)
        say(f"{labels.annotations / coder}.jsonl:")
        _tell(done)


def _tell(done: Imported) -> None:
    """What became of a coder's answers, those that differ from before one by one."""
    for difference in done.differences:
        say(
            f"{difference.passage_id}: {difference.question} was {difference.before}, "
            f"is now {difference.now}"
        )
    say(
        f"{done.added} added, {done.unchanged} known already, {done.superseded} superseded, "
        f"{done.held_back} held back" + ("; --supersede takes them" if done.held_back else "")
    )
