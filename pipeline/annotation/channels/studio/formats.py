"""Files that Label Studio and its like export: one of them says everything, the others do not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.io.parsing import json_value

_WANTED = "what is read is Label Studio's export as JSON (not JSON-MIN)"
_MIN = "gives a bare word for one choice and an object for several, and leaves out who skipped what"


def tasks(path: Path) -> Any:
    """The JSON value of a full export; raises :class:`InputError` with what the file is instead."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if content.startswith(b"PK"):
        raise InputError(
            f"{path}: a ZIP (COCO, YOLO, brush …) holds regions of pictures; {_WANTED}"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8, so no export as JSON; {_WANTED}") from error
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
        return f"CoNLL holds spans alone, without coders and answers; {_WANTED}"
    if first.startswith("{"):
        return f"one JSON object a line is no export of Label Studio; {_WANTED}"
    return f"not JSON, or cut off; {_WANTED}"


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
        return "no task"
    if "annotation_id" in task or ("annotator" in task and "annotations" not in task):
        return f"JSON-MIN {_MIN}"
    if "completions" in task:
        return "an export of Label Studio before version 1.0"
    if "annotations" not in task and ("label" in task or "labels" in task):
        return "a doccano export, which names no coder and no passage"
    if not isinstance(task.get("annotations"), list) or not isinstance(task.get("data"), Mapping):
        return "a task has data and a list of annotations"
    if not isinstance(task.get("drafts"), list | None):
        return f"drafts is a list, found {task['drafts']!r}"
    return ""
