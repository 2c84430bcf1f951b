"""Composes validated settings from YAML, Hydra overrides and params.yaml, and writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pipeline.config.application import Runner
from pipeline.config.data import Table
from pipeline.config.locations import in_this_folder, shipped
from pipeline.config.models import Backbone, Model, Tune
from pipeline.config.settings import Config, check
from pipeline.errors import InputError, did_you_mean

_MAPPING = re.compile(r"\+{0,2}([a-z_.]+)=(\{.*\})\s*", re.DOTALL)
_WHOLE = re.compile(r"-?[0-9]+")
_NOT_A_SETTING = re.compile(r"Could not override '([\w./]+)'")


def compose(overrides: list[str] | None = None) -> Config:
    """The configuration from ``configs/`` with Hydra overrides such as ``train.epochs=2``.

    Raises a one-line :class:`InputError` for a misspelt key, a wrong type, an unknown choice of a
    group, or a value out of range.
    """
    import hydra
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    register_schemas()
    GlobalHydra.instance().clear()
    mappings, rest = word_mappings(overrides or [])
    try:
        with hydra.initialize_config_dir(str(shipped("configs")), version_base="1.3"):
            words = [with_new_keys(word) for word in rest]
            return from_omegaconf(hydra.compose("config", overrides=words), mappings)
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(f"configuration: {_one_line(error)}") from error


def register_schemas() -> None:
    """Register the typed classes with Hydra, under the names that the YAML files refer to.

    They are in the separate group ``schema``: in their own groups, ``model=schema`` would be a
    valid choice.
    """
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    store.store(name="config_schema", node=Config)
    for name, node in (
        ("model", Model),
        ("backbone", Backbone),
        ("table", Table),
        ("runner", Runner),
        ("tune", Tune),
    ):
        store.store(group="schema", name=name, node=node)


def from_omegaconf(
    composed: Any, mappings: Mapping[str, Mapping[Any, str]] | None = None
) -> Config:
    """A typed and validated configuration from Hydra's composition, and the mappings that
    :func:`word_mappings` kept from Hydra."""
    from omegaconf import OmegaConf

    # Merged over the classes again, because Hydra lets `+key=value` add unknown keys.
    plain: Any = OmegaConf.to_container(composed, resolve=True)
    for key, mapping in (mappings or {}).items():
        *above, last = key.split(".")
        section = plain
        for name in above:
            section = section[name]
        section[last] = {**section[last], **mapping}
    config = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(Config), plain))
    assert isinstance(config, Config)
    config.codebook = in_this_folder(config.codebook)
    check(config)
    return config


def to_yaml(config: Config) -> str:
    """The resolved configuration in the format of ``params.yaml``."""
    from omegaconf import OmegaConf

    return OmegaConf.to_yaml(OmegaConf.structured(config), resolve=True)


def read_params(path: Path) -> Config:
    """The configuration from ``params.yaml``; refuses a section that was replaced by a string.

    ``dvc exp run -S model=tfidf`` does that, since it does not know Hydra's groups.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    register_schemas()
    try:
        raw = OmegaConf.load(path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}; `rhetoric run` writes it"
        ) from error
    sections: Any = OmegaConf.to_container(raw)
    for key, value in sections.items() if isinstance(sections, dict) else ():
        if is_dataclass(getattr(Config(), str(key), None)) and isinstance(value, str):
            raise InputError(
                f"{path}: {key} was replaced by the string {value!r}; "
                f"use `rhetoric run {key}={value}`"
            )
    try:
        return from_omegaconf(OmegaConf.merge(OmegaConf.structured(Config), raw))
    except OmegaConfBaseException as error:
        raise InputError(f"{path}: {_one_line(error)}") from error


def is_integer(key: str) -> bool:
    """Whether a dotted key is an integer setting; raises InputError if it is not a setting."""
    section: Any = Config()
    *above, last = key.split(".")
    for name in above:
        section = getattr(section, name, None)
    found = [item for item in fields(section) if item.name == last] if is_dataclass(section) else []
    if not found:
        raise InputError(f"tune.space: {key} is not a setting; see pipeline/config/")
    return str(found[0].type).startswith("int")


def word_mappings(
    overrides: Sequence[str],
) -> tuple[dict[str, dict[Any, str]], list[str]]:
    """Mappings from words to words, by setting, and the overrides that are left for Hydra.

    ``labelled.answers={"ja, klar": present, да: present}`` is read as YAML, each key as it is
    written (``yes`` is no truth value), because Hydra's grammar knows neither quoted keys nor
    letters other than a to z in them. Where any word may be a key (``channel_aliases``), a whole
    number is one. Raises InputError for a mapping that is not written as YAML writes it.
    """
    import yaml

    mappings: dict[str, dict[Any, str]] = {}
    rest: list[str] = []
    for override in overrides:
        found = _MAPPING.fullmatch(override)
        kind = "" if found is None else _dictionary(found[1])
        if found is None or not kind.endswith(", str]"):
            rest.append(override)
            continue
        try:
            written = yaml.load(found[2], yaml.BaseLoader)  # noqa: S506 makes strings only
        except yaml.YAMLError:
            # Two mappings in a row are a sweep, which Hydra expands.
            if "},{" in found[2].replace(" ", ""):
                rest.append(override)
                continue
            written = None
        if not isinstance(written, dict) or not all(
            v and isinstance(v, str) for v in written.values()
        ):
            raise InputError(
                f"configuration: {override}: expected words and what they stand for, such as "
                f'{found[1]}={{one: a, "two, three": b}}'
            )
        any_key = kind.startswith("dict[Any")
        mappings.setdefault(found[1], {}).update(
            {int(k) if any_key and _WHOLE.fullmatch(k) else k: v for k, v in written.items()}
        )
    return mappings, rest


def with_new_keys(override: str) -> str:
    """Prefix an override of a dictionary setting, or of one of its keys, with ``++``.

    Without it, Hydra would reject the keys in ``tune.space={train.epochs: {low: 1, high: 2}}`` and
    ``labelled.answers.maybe=borderline`` as unknown settings.
    """
    key = override.partition("=")[0]
    if not re.fullmatch(r"[a-z_]+(\.[^+~@=]+)+", key):
        return override
    mapping = _dictionary(key) and override.startswith(f"{key}={{")
    return f"++{override}" if mapping or _dictionary(key.rpartition(".")[0]) else override


def _dictionary(key: str) -> str:
    """The type of a dictionary setting as it is declared, such as ``dict[str, str]``; "" for any
    other key."""
    section: Any = Config()
    *above, last = key.split(".")
    for name in above:
        section = getattr(section, name, None)
    known = {item.name: str(item.type) for item in fields(section)} if is_dataclass(section) else {}
    return known[last] if known.get(last, "").startswith("dict[") else ""


def _unknown(key: str) -> str:
    """A message that a dotted key is not a setting, suggesting a name for its first wrong part."""
    section: Any = Config()
    for name in key.replace("/", ".").split("."):
        known = [item.name for item in fields(section)] if is_dataclass(section) else []
        if name not in known:
            return f"{key} is not a setting{did_you_mean(name, known)}"
        section = getattr(section, name)
    return f"{key} cannot be set directly; see pipeline/config/"


def _one_line(error: BaseException) -> str:
    """An error of Hydra or OmegaConf in one line.

    A misspelt key is reported with a suggestion. Other messages span several lines, with the useful
    part in the cause; lines about search paths and types are left out.
    """
    if found := _NOT_A_SETTING.search(str(error)):
        return _unknown(found[1])
    cause = error.__cause__ if error.__cause__ is not None else error
    lines = [line.strip() for line in f"{error}\n{cause}".splitlines() if line.strip()]
    idle = ("object_type=", "reference_type=", "Set the env", "Config search path", "provider=")
    wanted = [line for line in lines if not line.startswith(idle)]
    return " ".join(dict.fromkeys(wanted))
