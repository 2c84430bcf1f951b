"""``labels/test_passages.txt``: the frozen list of test passages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import InputError
from pipeline.io import files

_EARLIER_NAME = "test_families.txt"
_PASSAGE_ID = re.compile(r"[0-9a-f]{16}")
_HEADER = """\
# Passages of the test fold, one passage_id per line. Written by the split stage; do not edit.
# Near-duplicates of these passages, and other passages of their posts, are never trained on.
"""


def read_frozen(path: Path) -> frozenset[str]:
    """The passage ids in the file; empty if it does not exist yet."""
    if not path.exists():
        earlier = path.with_name(_EARLIER_NAME)
        if earlier.exists():
            raise InputError(
                f"{earlier}: this file is called {path.name} now; "
                f"rename it: `git mv {earlier} {path}`"
            )
        return frozenset()
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    found = set()
    for number, line in enumerate(content.splitlines(), start=1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        if not _PASSAGE_ID.fullmatch(entry):
            raise InputError(
                f"{path}:{number}: {entry!r} is not a passage_id (sixteen digits 0 to 9 and a to f)"
            )
        found.add(entry)
    return frozenset(found)


def write_frozen(path: Path, ids: Iterable[str]) -> None:
    """Write the passage ids, sorted and without duplicates."""
    files.write_text(path, _HEADER + "".join(f"{key}\n" for key in sorted(set(ids))))
