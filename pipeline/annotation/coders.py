"""``labels/coders.yaml``: the register of coders and their kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, did_you_mean
from pipeline.io.parsing import yaml_value

PERSON, LANGUAGE_MODEL, RULE = "person", "language_model", "rule"
KINDS = (PERSON, LANGUAGE_MODEL, RULE)
# First word of the source of a model's answers.
SOURCE_OF_MODELS = "language_model"
_OF_MODELS = ("model", "prompt", "settings")
_KEYS = ("kind", "description", "since", "studio", *_OF_MODELS)


@dataclass(frozen=True)
class Coder:
    """A coder under a pseudonym; ``since`` is the day of the first coding, as in the file.

    ``studio`` is the coder's user id in Label Studio, not the e-mail address, which would identify
    the person. Language models used by ``annotate ask`` have ``model``, ``prompt`` (a digest of the
    prompt) and the ``settings`` that affect their answers.
    """

    name: str
    kind: str
    description: str
    since: str | None = None
    studio: int | None = None
    model: str | None = None
    prompt: str | None = None
    settings: Mapping[str, Any] | None = None


def read(path: Path) -> dict[str, Coder]:
    """Coders by name; raises :class:`InputError` for an invalid entry."""
    try:
        raw = yaml_value(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise InputError(f"{path}: expected a mapping of coders, found {type(raw).__name__}")
    return {str(name): _coder(path, str(name), entry) for name, entry in raw.items()}


def registered(path: Path) -> dict[str, Coder]:
    """As :func:`read`; no coders if there is no such file yet."""
    return read(path) if path.exists() else {}


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
    studio = entry.get("studio")
    if studio is not None and (not isinstance(studio, int) or isinstance(studio, bool)):
        raise InputError(f"{where}: studio: expected a user id, found {studio!r}")
    if kind != LANGUAGE_MODEL and (own := [key for key in _OF_MODELS if key in entry]):
        raise InputError(f"{where}: {own[0]} is only for a {LANGUAGE_MODEL}, this is a {kind}")
    settings = entry.get("settings")
    if settings is not None and not isinstance(settings, dict):
        raise InputError(f"{where}: settings: expected a mapping, found {settings!r}")
    return Coder(
        name,
        kind,
        description.strip(),
        _text(entry.get("since")),
        studio,
        _text(entry.get("model")),
        _text(entry.get("prompt")),
        settings,
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def entry_missing(name: str, coders: Mapping[str, Coder], path: Path) -> str | None:
    """A message on the missing entry of a coder, for the export of a page, sheet or queue; None if
    the coder is registered."""
    if name in coders:
        return None
    return (
        f"{path}: {name} has no entry yet; add the line `{name}: {{kind: {PERSON}, description: "
        f"who this is in a few words}}` before you import answers; kinds: {', '.join(KINDS)}"
    )


def in_studio(coders: Mapping[str, Coder], path: Path) -> dict[str, str]:
    """User id in Label Studio → coder; raises InputError if two coders have the same."""
    found: dict[str, str] = {}
    for coder in coders.values():
        if coder.studio is not None:
            other = found.setdefault(str(coder.studio), coder.name)
            if other != coder.name:
                raise InputError(f"{path}: {other} and {coder.name} have studio: {coder.studio}")
    return found
