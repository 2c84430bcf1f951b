"""The words of the command line.

``rhetoric COMMAND [FILES] [key=value …]``: an existing path is a file, another argument with ``=``
is a setting, ``--`` ends the settings. What people type daily are plain flags. What each command
does stands in ``commands/``; nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.cli.words import ANNOTATE_COMMANDS, LABELS_COMMANDS, Words
from pipeline.errors import InputError, did_you_mean
from pipeline.io.console import warn

INTERRUPTED = 130  # what a shell expects of a program that Ctrl-C ended

SETTINGS_HELP = "settings such as train.epochs=2 or model=tfidf; files come first"

COMMANDS = {
    "run": "the whole pipeline on the labels, by DVC: whatever changed is done again",
    "ingest": "files of any collector → posts",
    "segment": "posts → passages and near-duplicate families",
    "label": "coders' answers → adjudicated labels and their agreement",
    "split": "labelled passages → train, dev and test without leaks",
    "train": "learn a classifier (by hand: in a folder of its own under runs/, then evaluated)",
    "evaluate": "figures on the test fold, or with --model on a coded JSONL FILE",
    "tune": "search settings for the best score on dev (configs/tune); goes on where it stopped",
    "track": "log the finished result to MLflow, once",
    "compare": "is B better than A? RUN RUN… (build, runs/ID, MLflow run, A=RUN,RUN): -o FILE.html",
    "promote": "make a RUN the champion if it beats the present one, or with --reason TEXT",
    "score": "score newly collected posts: FILES… -o DIR",
    "recalibrate": "fit a trained model's thresholds to a coded FILE of your channel: -o DIR",
    "report": "one HTML page from a folder of scores",
    "labels": "check, hydrate, stats, diversity, export, sheet, import",
    "annotate": "queue, page, sheet, studio, import, report, adjudicate",
}
TAKE_RUNS = ("compare", "promote")
_SECOND_WORDS = {"labels": LABELS_COMMANDS, "annotate": ANNOTATE_COMMANDS}


def run(argv: Sequence[str]) -> int:
    """Run one command; the exit code is 0, 1 for a user's mistake, 130 after Ctrl-C."""
    try:
        words = parse(argv)
        from pipeline.cli import dispatch

        return dispatch.perform(words)
    except InputError as error:
        warn(f"rhetoric: {error}")
        return 1
    except KeyboardInterrupt:
        warn("rhetoric: interrupted; the same command goes on from here")
        return INTERRUPTED


def parse(argv: Sequence[str]) -> Words:
    """Sort the arguments; raises InputError for a word that is neither a file nor a setting."""
    before, after = _split_at_dashes(list(argv))
    options = _parser().parse_intermixed_args(before)
    words = list(options.words)
    command = str(options.command)
    if command in _SECOND_WORDS:
        command = _with_second_word(command, words)
    runs: list[str] = []
    if command in TAKE_RUNS:
        runs, words = _runs_and_settings(words)
        runs, after = [*runs, *after], []
    files, settings = _files_and_settings(words)
    return Words(
        command=command,
        files=files + [Path(word) for word in after],
        settings=settings,
        output=options.output,
        model=options.model,
        params=options.params,
        multirun=options.multirun,
        restart=options.restart,
        update=options.update,
        coder=options.coder,
        sheet=options.sheet,
        supersede=options.supersede,
        open_only=options.open,
        stale=options.stale,
        limit=options.limit,
        runs=runs,
        reason=options.reason,
    )


def _split_at_dashes(argv: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _files_and_settings(words: list[str]) -> tuple[list[Path], list[str]]:
    files: list[Path] = []
    settings: list[str] = []
    for word in words:
        if Path(word).exists():
            files.append(Path(word))
        elif "=" in word or word.startswith("~"):
            settings.append(word)
        elif any(sign in word for sign in "*?["):
            files.append(Path(word))
        else:
            raise InputError(f"{word}: no such file (a setting is written key=value)")
    return files, settings


def _runs_and_settings(words: list[str]) -> tuple[list[str], list[str]]:
    """``A=runs/1,runs/2`` is a set of seeds unless A is a setting; what a run is, is seen later."""
    from dataclasses import fields

    from pipeline.config import Config

    known = {item.name for item in fields(Config)}
    settings = [
        word
        for word in words
        if not Path(word).exists() and "=" in word and re.split(r"[.=]", word)[0] in known
    ]
    return [word for word in words if word not in settings], settings


def _with_second_word(command: str, words: list[str]) -> str:
    """The command with the word, or the two words, that say what of it is meant."""
    known = sorted({name.partition(" ")[0] for name in _SECOND_WORDS[command]})
    if not words:
        raise InputError(f"{command}: which of {', '.join(known)}?")
    word = words.pop(0)
    if word not in known:
        raise InputError(f"{command}: unknown command {word!r}{did_you_mean(word, known)}")
    third = [name.split(" ")[1] for name in _SECOND_WORDS[command] if name.startswith(f"{word} ")]
    if not third:
        return f"{command} {word}"
    if not words or words[0] not in third:
        raise InputError(f"{command} {word}: which of {', '.join(sorted(third))}?")
    return f"{command} {word} {words.pop(0)}"


def _parser() -> argparse.ArgumentParser:
    lines = [f"  {name:12s}{text}" for name, text in COMMANDS.items()]
    for command, known in _SECOND_WORDS.items():
        lines += ["", f"{command}:"] + [f"  {name:12s}{text}" for name, text in known.items()]
    parser = argparse.ArgumentParser(
        prog="rhetoric",
        description="Frames and stance in posts of diplomatic channels.",
        epilog="commands:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=sorted(COMMANDS), metavar="COMMAND", help="see below")
    parser.add_argument("words", nargs="*", metavar="FILE or key=value", help=SETTINGS_HELP)
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="where results go")
    parser.add_argument("--model", type=Path, metavar="DIR", help="folder of a trained classifier")
    parser.add_argument(
        "--params",
        type=Path,
        metavar="FILE",
        help="run exactly this stage with the settings in FILE (as DVC does)",
    )
    parser.add_argument(
        "-m",
        "--multirun",
        action="store_true",
        help="one run for each combination of comma-separated settings",
    )
    parser.add_argument(
        "--restart",
        action="store_true",
        help="score: begin anew in a folder that another model or input was scored in",
    )
    parser.add_argument(
        "--update",
        action="store_true",
        help="score: only what is new since the last call, as when an export has grown",
    )
    parser.add_argument(
        "--reason", metavar="TEXT", help="promote: why, where the test alone does not say so"
    )
    _add_flags_of_coders(parser)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    return parser


def _add_flags_of_coders(parser: argparse.ArgumentParser) -> None:
    """What goes with ``labels`` and ``annotate`` alone."""
    parser.add_argument("--coder", metavar="NAME", help="labels, annotate: whose answers")
    parser.add_argument(
        "--sheet",
        type=Path,
        metavar="FILE",
        help="labels import: the sheet that the answers belong to",
    )
    parser.add_argument(
        "--supersede",
        action="store_true",
        help="import: newer answers take the place of the coder's earlier ones",
    )
    parser.add_argument(
        "--open",
        action="store_true",
        help="labels sheet, annotate page, sheet: only the questions on which coders differ",
    )
    parser.add_argument(
        "--stale",
        action="store_true",
        help="annotate queue: only passages whose answers a changed rule made stale",
    )
    parser.add_argument(
        "--limit", type=_count, metavar="N", help="annotate, labels sheet: at most so many passages"
    )


def _count(word: str) -> int:
    if not word.isdecimal() or int(word) == 0:
        raise argparse.ArgumentTypeError(f"{word!r} is not a number from 1")
    return int(word)


class _Version(argparse.Action):
    """Looks the version up only when asked: importlib.metadata is slow for --help."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        parser.exit(0, f"rhetoric {version('rhetoric-pipeline')}\n")
