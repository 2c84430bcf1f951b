"""Export formats of Label Studio and similar tools; only the full JSON export is supported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.io.parsing import json_value

_WANTED = "export as JSON (not JSON-MIN) from Label Studio"
_MIN = "is incomplete: it omits skipped tasks and the structure of choices"


def tasks(path: Path) -> Any:
    """The JSON value of a full export; raises :class:`InputError` that names any other format."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if content.startswith(b"PK"):
        raise InputError(f"{path}: a ZIP (COCO, YOLO, brush …) with regions of pictures; {_WANTED}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8; {_WANTED}") from error
    try:
        found = json_value(text)
    except ValueError as error:
        raise InputError(f"{path}: {_not_json(text)}") from error
    check(found, str(path))
    return found


def _not_json(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    if "annotation_id" in first and ("," in first or "\t" in first):
        return f"the CSV and TSV export {_MIN}; {_WANTED}"
    if first.startswith("-DOCSTART-"):
        return f"CoNLL has only spans, without coders and answers; {_WANTED}"
    if first.startswith("{"):
        return f"JSON Lines is not an export format of Label Studio; {_WANTED}"
    return f"not JSON, or truncated; {_WANTED}"


def check(found: Any, origin: str) -> None:
    """Raise :class:`InputError` unless this is a list of tasks with their annotations."""
    if not isinstance(found, list):
        raise InputError(f"{origin}: expected a list of tasks, found an object; {_WANTED}")
    for number, task in enumerate(found, start=1):
        reason = _reason(task)
        if reason:
            raise InputError(f"{origin}, entry {number}: {reason}; {_WANTED}")


def _reason(task: Any) -> str:
    if not isinstance(task, Mapping):
        return "not a task"
    if "annotation_id" in task or ("annotator" in task and "annotations" not in task):
        return f"JSON-MIN {_MIN}"
    if "completions" in task:
        return "an export of Label Studio before version 1.0"
    if "annotations" not in task and ("label" in task or "labels" in task):
        return "a doccano export, which has no coders and passage ids"
    if not isinstance(task.get("annotations"), list) or not isinstance(task.get("data"), Mapping):
        return "a task must have data and a list of annotations"
    if not isinstance(task.get("drafts"), list | None):
        return f"drafts must be a list, found {task['drafts']!r}"
    return ""
