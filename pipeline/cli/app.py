"""The commands, in the order of the work, each loaded when it is called."""

from __future__ import annotations

from cyclopts import App, Group

from pipeline.cli.command import FLAGS

_SCORE = Group("Score new posts", sort_key=1)
_TRAIN = Group("Train and compare", sort_key=2)
_STAGES = Group("One stage of the pipeline", sort_key=3)
_LABELS = Group("Labels and coders", sort_key=4)
_OTHER = Group("Other", sort_key=5)

# Group, command, where it stands, and its line in the list.
_COMMANDS: tuple[tuple[Group, str, str, str], ...] = (
    (_SCORE, "score", "score:app", "Score newly collected posts."),
    (_SCORE, "report", "report:app", "Write one HTML page about a folder of scores."),
    (_SCORE, "recalibrate", "recalibrate:app", "Fit a model's thresholds to your channel."),
    (_TRAIN, "run", "run:app", "Run the whole pipeline on the labels, by DVC."),
    (_TRAIN, "train", "train:app", "Train and evaluate a model in a folder of its own."),
    (_TRAIN, "evaluate", "evaluate:app", "Evaluate on the test fold, or on a coded file."),
    (_TRAIN, "tune", "tune:app", "Search settings for the best score on dev."),
    (_TRAIN, "compare", "compare:app", "Compare finished runs: is B better than A?"),
    (_TRAIN, "promote", "promote:app", "Make a run the champion if it is better."),
    (_STAGES, "ingest", "stages:ingest_app", "Read files of any collector into posts."),
    (_STAGES, "segment", "stages:segment_app", "Cut posts into passages."),
    (_STAGES, "label", "stages:label_app", "Adjudicate coders' answers into labels."),
    (_STAGES, "split", "stages:split_app", "Divide passages into train, dev and test."),
    (_STAGES, "track", "stages:track_app", "Log the finished result to MLflow, once."),
    (_LABELS, "init", "init:app", "Start a project of your own in an empty folder."),
    (_LABELS, "codebook", "codebook:app", "Check a codebook, and compare two versions."),
    (_LABELS, "labels", "labels:app", "Check, hydrate, count and export the labels."),
    (_LABELS, "annotate", "annotate:app", "Send passages to coders; take answers back."),
    (_OTHER, "config", "config:app", "Print the settings and where each comes from."),
)


def _version() -> str:
    from importlib.metadata import version

    return f"rhetoric {version('rhetoric-pipeline')}"


app = App(
    name="rhetoric",
    help="Frames and stance in posts of diplomatic channels: label, train, evaluate, score, report."
    "\n\n`rhetoric COMMAND --help` shows the flags, settings and examples of a command.",
    usage="Usage: rhetoric COMMAND [FILE ...] [key=value ...]",
    version=_version,
    help_format="plaintext",
    help_formatter="plain",
    default_parameter=FLAGS,
    group_commands=_OTHER,
    suppress_keyboard_interrupt=False,
)
for _place, (_group, _name, _where, _line) in enumerate(_COMMANDS):
    app.command(f"pipeline.cli.{_where}", name=_name, group=_group, help=_line, sort_key=_place)
app.register_install_completion_command(
    help="Install completion for bash, zsh or fish.", group=_OTHER
)
