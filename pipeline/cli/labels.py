"""``rhetoric labels``: for who adds to ``labels/`` or looks at what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command, group
from pipeline.cli.flags import Files, OutputFolder, Settings
from pipeline.cli.sections import LABELS, POSTS
from pipeline.cli.takes import Takes

CHECK = Takes("labels check", LABELS)
HYDRATE = Takes("labels hydrate", (*LABELS, *POSTS), least=1, most=None)
STATS = Takes("labels stats", LABELS)
DIVERSITY = Takes("labels diversity", (*LABELS, "segment"))
EXPORT = Takes("labels export", (*LABELS, "out"))

app = group("labels", "Check, hydrate, count and export the labels.")

check_app = command(
    CHECK,
    "[key=value ...]",
    "Find every mistake in labels/, with file and line.\n\nThe exit code is 1 if there is one.",
    ("rhetoric labels check", "rhetoric labels check label.annotations=drafts"),
)
hydrate_app = command(
    HYDRATE,
    "FILE ... [key=value ...]",
    "Find texts that may not be redistributed in your own copy.\n\n"
    "They go to labels/hydrated, which git ignores.",
    ("rhetoric labels hydrate result.json", "rhetoric labels hydrate 'exports/*.json'"),
)
stats_app = command(
    STATS,
    "[-o FILE] [key=value ...]",
    "Count passages, answers and coders.",
    ("rhetoric labels stats", "rhetoric labels stats -o labels/README.md"),
)
diversity_app = command(
    DIVERSITY,
    "[key=value ...]",
    "Count near-duplicates, repeated runs of words, openings and lengths.",
    ("rhetoric labels diversity", "rhetoric labels diversity segment.family_similarity=0.8"),
)
export_app = command(
    EXPORT,
    "-o DIR [key=value ...]",
    "Write a Hugging Face DatasetDict with its card.\n\n"
    "Its folds are those of the last `rhetoric run`.",
    ("rhetoric labels export -o dataset", "rhetoric labels export -o dataset out=runs/ID"),
)
for _app in (check_app, hydrate_app, stats_app, diversity_app, export_app):
    app.command(_app)
for _old in ("sheet", "import"):
    app.command(f"pipeline.cli.old_words:labels_{_old}", name=_old, show=False)


@check_app.default
def check(*words: Settings) -> int:
    _, settings = CHECK.sort(words)
    from pipeline.campaign import labels
    from pipeline.config import compose

    return labels.check(compose(settings))


@hydrate_app.default
def hydrate(*words: Files) -> None:
    files, settings = HYDRATE.sort(words)
    from pipeline.campaign import labels
    from pipeline.config import compose

    labels.hydrate(compose(settings), files)


@stats_app.default
def stats(
    *words: Settings,
    output: Annotated[
        Path | None,
        Parameter(name=["--output", "-o"], help="Datasheet whose generated part is replaced."),
    ] = None,
) -> None:
    _, settings = STATS.sort(words)
    from pipeline.campaign import labels
    from pipeline.config import compose

    labels.stats(compose(settings), output)


@diversity_app.default
def diversity(*words: Settings) -> None:
    _, settings = DIVERSITY.sort(words)
    from pipeline.campaign import labels
    from pipeline.config import compose

    labels.diversity(compose(settings))


@export_app.default
def export(*words: Settings, output: OutputFolder) -> None:
    _, settings = EXPORT.sort(words)
    from pipeline.campaign import labels
    from pipeline.config import compose

    labels.export(compose(settings), output)
