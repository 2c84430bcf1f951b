"""Imports coders' answers into ``labels/``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipeline.annotation import coders, importing
from pipeline.annotation.channels import page, sheet, shorthand, studio
from pipeline.annotation.channels.incoming import Channel, recognise
from pipeline.annotation.channels.returned import Returned
from pipeline.annotation.channels.studio import Exported
from pipeline.annotation.importing import Imported
from pipeline.campaign import missing_texts
from pipeline.campaign.folder import Labels, known_texts, labels_of
from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.io.console import say


def import_file(
    config: Config, path: Path, coder: str | None, numbered: Path | None, *, supersede: bool
) -> None:
    """Import a file of any channel; ``numbered`` is the sheet of shorthand answers.

    Raises InputError if ``coder`` or ``numbered`` is missing, or would be ignored.
    """
    labels = labels_of(config)
    channel = recognise(path)
    if numbered is not None and channel is not Channel.shorthand:
        raise InputError(f"{path}: {channel.value}; --sheet is only for answers in shorthand")
    if channel is Channel.studio:
        people = coders.in_studio(coders.registered(labels.coders), labels.coders)
        who = studio.People(people, only=coder)
        exported = studio.read(path, labels.codebook, known_texts(config), who)
        import_studio_export(exported, labels, supersede=supersede)
        returned = exported.found
    elif channel is Channel.shorthand:
        returned = _shorthand(path, coder, numbered, labels)
        import_answers(returned, labels, supersede=supersede)
    else:
        if coder is not None:
            raise InputError(f"{path}: {channel.value} contains the coder's name; omit --coder")
        read = page.read if channel is Channel.page else sheet.read
        returned = read(path, labels.codebook, known_texts(config))
        import_answers(returned, labels, supersede=supersede)
    coded = {line.passage_id for lines in returned.lines.values() for line in lines}
    missing_texts.find(config, coded)


def _shorthand(path: Path, coder: str | None, numbered: Path | None, labels: Labels) -> Returned:
    if coder is None or numbered is None:
        raise InputError(f"{path}: answers in shorthand need --coder NAME and --sheet FILE")
    importing.check_pseudonym(coder)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    lines = shorthand.read_answers(path, numbered, labels.codebook, coded_at=now)
    return Returned({coder: lines})


def import_studio_export(exported: Exported, labels: Labels, *, supersede: bool) -> None:
    """Import an export of Label Studio from a file or a server."""
    left_out = [f"{number} {kind}" for kind, number in exported.left_out.items() if number]
    if left_out:
        say(f"annotations not imported: {', '.join(left_out)}")
    if not exported.found.lines:
        say("no answers yet")
    import_answers(exported.found, labels, supersede=supersede)


def import_answers(returned: Returned, labels: Labels, *, supersede: bool) -> None:
    """Add answers to the files of their coders, and print a summary."""
    for warning in returned.warnings:
        say(str(warning))
    registered = coders.registered(labels.coders)
    unknown = sorted(set(returned.lines).difference(registered))
    if unknown:
        there = labels.coders.exists()
        how = "add" if there else "there is no such file yet: write it with"
        raise InputError(
            f"{labels.coders}: no entry for {', '.join(unknown)}, so nothing was imported; {how} "
            f"the line `{unknown[0]}: {{kind: person, description: who this is in a few words}}` "
            f"and import again; kinds: {', '.join(coders.KINDS)}"
        )
    for coder, lines in returned.lines.items():
        done = importing.add(lines, labels.annotations, coder, labels.codebook, supersede=supersede)
        say(f"{labels.annotations / coder}.jsonl:")
        _print_summary(done)


def _print_summary(done: Imported) -> None:
    """Print the differing answers of a coder, then the numbers of lines by outcome."""
    for difference in done.differences:
        say(
            f"{difference.passage_id}: {difference.question} was {difference.before}, "
            f"is now {difference.now}"
        )
    say(
        f"{done.added} added, {done.unchanged} already known, {done.superseded} superseded, "
        f"{done.held_back} held back" + ("; import them with --supersede" if done.held_back else "")
    )
