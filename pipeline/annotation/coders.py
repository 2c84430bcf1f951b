"""``labels/coders.yaml``: who the coders are. Nothing is passed off as a person's work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, did_you_mean
from pipeline.io.parsing import yaml_value

KINDS = ("person", "language_model", "rule")
_KEYS = ("kind", "description", "since", "studio")


@dataclass(frozen=True)
class Coder:
    """A coder under a pseudonym; ``since`` is the day of the first coding, as written.

    ``studio`` is the coder's number in Label Studio: an address there would tell who it is.
    """

    name: str
    kind: str
    description: str
    since: str | None = None
    studio: int | None = None


def read(path: Path) -> dict[str, Coder]:
    """Coders by name; raises :class:`InputError` naming the entry."""
    try:
        raw = yaml_value(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise InputError(f"{path}: expected coders by name, found {type(raw).__name__}")
    return {str(name): _coder(path, str(name), entry) for name, entry in raw.items()}


def _coder(path: Path, name: str, entry: Any) -> Coder:
    where = f"{path}: {name}"
    if not isinstance(entry, dict):
        raise InputError(f"{where}: expected kind and description, found {type(entry).__name__}")
    for key in entry:
        if key not in _KEYS:
            raise InputError(f"{where}: unknown key {key!r}{did_you_mean(str(key), list(_KEYS))}")
    kind, description = entry.get("kind"), entry.get("description")
    if kind not in KINDS:
        raise InputError(f"{where}: unknown kind {kind!r}{did_you_mean(str(kind), list(KINDS))}")
    if not isinstance(description, str) or not description.strip():
        raise InputError(f"{where}: description missing or empty")
    since = entry.get("since")
    studio = entry.get("studio")
    if studio is not None and (not isinstance(studio, int) or isinstance(studio, bool)):
        raise InputError(f"{where}: studio: expected a user's number, found {studio!r}")
    return Coder(name, kind, description.strip(), None if since is None else str(since), studio)


def in_studio(coders: Mapping[str, Coder], path: Path) -> dict[str, str]:
    """Number in Label Studio → coder; raises InputError where two coders have the same."""
    found: dict[str, str] = {}
    for coder in coders.values():
        if coder.studio is not None:
            other = found.setdefault(str(coder.studio), coder.name)
            if other != coder.name:
                raise InputError(f"{path}: {other} and {coder.name} have studio: {coder.studio}")
    return found
