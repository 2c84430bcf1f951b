"""What was typed on the command line, sorted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


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
    coder: str | None = None
    sheet: Path | None = None
    supersede: bool = False
    open_only: bool = False
    stale: bool = False
    limit: int | None = None
    runs: list[str] = field(default_factory=list)
    reason: str | None = None
