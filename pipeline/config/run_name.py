"""A name for a result that says what was run: the model and what differs from its defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from pipeline.config.choices import ModelKind
from pipeline.config.composing import compose, to_yaml
from pipeline.config.run_folder import NON_RESULT_SECTIONS

_LONGEST = 150
# How a table is read says little about a result; its files and the part are named by themselves.
_FILES = ("files", "train", "dev", "test")


def run_name(settings: str) -> str:
    """``tfidf seed=2 train.epochs=3``: the kind of model, and each setting that differs from the
    defaults of that model. Long names are cut.

    ``settings`` are those of a result, as YAML. They may be of an older version: settings that are
    no longer there are not named, and without a known kind of model the name is empty.
    """
    import yaml

    given = yaml.safe_load(settings) or {}
    kind = str((given.get("model") or {}).get("kind", ""))
    if kind not in {known.value for known in ModelKind}:
        return ""
    defaults = yaml.safe_load(to_yaml(compose([f"model={kind}"])))
    words = [
        kind,
        *_table(given.pop("labelled", None) or {}),
        *_backbone(given.pop("backbone", None) or {}, defaults["backbone"]),
        *(
            f"{key}={_shown(value)}"
            for section in given
            if section in defaults and section not in NON_RESULT_SECTIONS
            for key, value in _differences(section, given[section], defaults[section])
        ),
    ]
    name = " ".join(words)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 2]} …"


def _table(labelled: Mapping[str, Any]) -> Iterator[str]:
    """The names of the table's files, and the part of a cross-validation."""
    paths = [str(path) for key in _FILES for path in labelled.get(key) or ()]
    yield from dict.fromkeys(PurePath(path).name for path in paths)
    if labelled.get("part"):
        yield f"part={labelled['part']}"


def _backbone(given: Mapping[str, Any], default: Mapping[str, Any]) -> Iterator[str]:
    """Another backbone by its name, which implies how it reads."""
    if given.get("name", default["name"]) != default["name"]:
        yield f"backbone={PurePath(str(given['name'])).name}"
    else:
        yield from (f"{key}={_shown(v)}" for key, v in _differences("backbone", given, default))


def _differences(key: str, given: Any, default: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(given, Mapping) and isinstance(default, Mapping) and default:
        for name, value in given.items():
            if name in default:
                yield from _differences(f"{key}.{name}", value, default[name])
    elif given != default:
        yield key, given


def _shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, list):
        return f"[{','.join(map(_shown, value))}]"
    return str(value)
