"""Commands that were renamed: each answers with the one that took its place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.usage import UsageError

Anything = Annotated[str | Path, Parameter(allow_leading_hyphen=True)]


def annotate_page(*words: Anything) -> None:
    raise _renamed("annotate page", "annotate export --as page")


def annotate_sheet(*words: Anything) -> None:
    raise _renamed("annotate sheet", "annotate export --as sheet")


def labels_sheet(*words: Anything) -> None:
    raise _renamed("labels sheet", "annotate export --as shorthand")


def labels_import(*words: Anything) -> None:
    raise _renamed("labels import", "annotate import FILE --sheet SHEET --coder NAME")


def _renamed(old: str, new: str) -> UsageError:
    return UsageError(old, f"is now `rhetoric {new}`")
