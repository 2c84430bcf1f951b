"""Composes validated settings from YAML, Hydra overrides and params.yaml, and writes them."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pipeline.config.application import Runner
from pipeline.config.data import Table
from pipeline.config.locations import in_this_folder, shipped
from pipeline.config.models import Backbone, Model, Tune
from pipeline.config.settings import Config, check
from pipeline.errors import InputError, did_you_mean

_MAPPING_OVERRIDE = re.compile(r"([a-z_.]+)=\{")
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
    try:
        with hydra.initialize_config_dir(str(shipped("configs")), version_base="1.3"):
            words = [with_new_keys(word) for word in overrides or []]
            return from_omegaconf(hydra.compose("config", overrides=words))
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


def from_omegaconf(composed: Any) -> Config:
    """A typed and validated configuration from Hydra's composition."""
    from omegaconf import OmegaConf

    # Merged over the classes again, because Hydra lets `+key=value` add unknown keys.
    plain = OmegaConf.to_container(composed, resolve=True)
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


def with_new_keys(override: str) -> str:
    """Prefix an override of a dictionary setting with ``++``.

    Without it, Hydra would reject the keys in ``channel_aliases={1234567890: embassy_x}`` as
    unknown settings.
    """
    found = _MAPPING_OVERRIDE.match(override)
    section: Any = Config()
    for name in found[1].split(".") if found is not None else ():
        section = getattr(section, name, None)
    return f"++{override}" if isinstance(section, dict) else override


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
