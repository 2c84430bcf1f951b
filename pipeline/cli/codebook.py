"""``rhetoric codebook``: for who writes or changes the questions."""

from __future__ import annotations

from pipeline.cli.command import command, group
from pipeline.cli.flags import Files, Settings
from pipeline.cli.takes import Takes

CHECK = Takes("codebook check", ("codebook",), instead="`codebook={file}` checks another codebook")
DIFF = Takes("codebook diff", ("label",), least=2, most=2, file="codebook", expands=False)

app = group("codebook", "Check a codebook, and compare two versions.")

check_app = command(
    CHECK,
    "[codebook=FILE]",
    """Find what a codebook lacks and where it contradicts itself.

    Missing rules, cues and examples; cues that point to two questions; examples that their rule's
    own cues would answer otherwise; definitions that say nearly the same. The exit code is 1 if two
    parts contradict each other.""",
    ("rhetoric codebook check", "rhetoric codebook check codebook=mine.yaml"),
)
diff_app = command(
    DIFF,
    "OLD NEW [key=value ...]",
    """Show what changed between two codebooks, and which answers become stale.

    The answers are those in labels/ of this folder. Changes that the new codebook does not date are
    named too.""",
    (
        "rhetoric codebook diff old.yaml codebook.yaml",
        "rhetoric codebook diff old.yaml new.yaml label.annotations=drafts",
    ),
)
for _app in (check_app, diff_app):
    app.command(_app)


@check_app.default
def check(*words: Settings) -> int:
    _, settings = CHECK.sort(words)
    from pipeline.campaign import codebooks
    from pipeline.config import compose

    return codebooks.check(compose(settings))


@diff_app.default
def diff(*words: Files) -> None:
    (old, new), settings = DIFF.sort(words)
    from pipeline.campaign import codebooks
    from pipeline.config import compose

    codebooks.diff(old, new, compose(settings))
