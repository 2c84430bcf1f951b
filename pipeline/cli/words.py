"""What was typed on the command line, sorted; the second words of its commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

LABELS_COMMANDS = {
    "check": "every mistake in labels/, with file and line",
    "hydrate": "find texts that may not be redistributed in your own copy: FILES…",
    "stats": "how many passages carry what; -o FILE puts the tables into a datasheet",
    "diversity": "near-duplicates, repeated runs of words, openings, lengths",
    "export": "a Hugging Face DatasetDict with its card: -o DIR",
    "sheet": "passages that a coder has not answered, for a text editor: --coder NAME -o FILE",
    "import": "take a coder's answers: --coder NAME --sheet SHEET FILE",
}
ANNOTATE_COMMANDS = {
    "queue": "what to label next: [SCORES or FILES…] -o FILE.jsonl",
    "page": "passages for a coder as one HTML file: --coder NAME -o FILE.html [QUEUE or FILES…]",
    "sheet": "the same as a spreadsheet: --coder NAME -o FILE.xlsx or FILE.csv [QUEUE or FILES…]",
    "studio push": "passages into a project of Label Studio: [QUEUE or FILES…] studio.url=URL",
    "studio pull": "its answers back, from the server or from an exported JSON FILE",
    "import": "take the answers that came back: a page's JSONL, a sheet's XLSX or CSV",
    "report": "how coders agree, as one HTML page: -o FILE.html",
    "adjudicate": "what coders left open, for the lead to settle: --coder NAME -o FILE.html",
}


@dataclass(frozen=True)
class Words:
    """What was typed: the command, files, settings, flags; ``runs`` of compare and promote."""

    command: str
    files: list[Path]
    settings: list[str]
    output: Path | None = None
    model: Path | None = None
    params: Path | None = None
    multirun: bool = False
    restart: bool = False
    update: bool = False
    coder: str | None = None
    sheet: Path | None = None
    supersede: bool = False
    open_only: bool = False
    stale: bool = False
    limit: int | None = None
    runs: list[str] = field(default_factory=list)
    reason: str | None = None
