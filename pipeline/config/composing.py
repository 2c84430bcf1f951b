"""From YAML, Hydra's overrides and params.yaml to checked settings, and back."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pipeline.config.application import Runner
from pipeline.config.data import Table
from pipeline.config.locations import shipped
from pipeline.config.models import Backbone, Model, Tune
from pipeline.config.settings import Config, check
from pipeline.errors import InputError, did_you_mean

_NOT_A_SETTING = re.compile(r"Could not override '([\w./]+)'")


def compose(overrides: list[str] | None = None) -> Config:
    """The configuration from ``configs/`` with Hydra overrides such as ``train.epochs=2``.

    Raises :class:`InputError` in one line for a misspelt key, a wrong type, an unknown choice of a
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
            return from_omegaconf(hydra.compose("config", overrides=overrides or []))
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(f"configuration: {_one_line(error)}") from error


def register_schemas() -> None:
    """Make the typed classes known to Hydra, under the names that the YAML files start from.

    They are a group of their own: in the group they describe, ``model=schema`` would be a model.
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
    """Typed and checked, from what Hydra composed."""
    from omegaconf import OmegaConf

    # Merged once more over the classes: Hydra lets `+key=value` add keys that nothing reads.
    plain = OmegaConf.to_container(composed, resolve=True)
    config = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(Config), plain))
    assert isinstance(config, Config)
    check(config)
    return config


def to_yaml(config: Config) -> str:
    """The resolved configuration, as ``params.yaml`` holds it."""
    from omegaconf import OmegaConf

    return OmegaConf.to_yaml(OmegaConf.structured(config), resolve=True)


def read_params(path: Path) -> Config:
    """The configuration from ``params.yaml``; refuses a section that was replaced by a word.

    ``dvc exp run -S model=tfidf`` does that: it knows nothing of Hydra's groups.
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
                f"{path}: {key} was replaced by the word {value!r}; "
                f"use `rhetoric run {key}={value}`"
            )
    try:
        return from_omegaconf(OmegaConf.merge(OmegaConf.structured(Config), raw))
    except OmegaConfBaseException as error:
        raise InputError(f"{path}: {_one_line(error)}") from error


def is_integer(key: str) -> bool:
    """Whether a dotted key is a whole number; InputError for a key that is no setting."""
    section: Any = Config()
    *above, last = key.split(".")
    for name in above:
        section = getattr(section, name, None)
    found = [item for item in fields(section) if item.name == last] if is_dataclass(section) else []
    if not found:
        raise InputError(f"tune.space: {key} is no setting; see pipeline/config/")
    return str(found[0].type).startswith("int")


def _unknown(key: str) -> str:
    """That a dotted key is no setting, with what could stand in the place of its wrong part."""
    section: Any = Config()
    for name in key.replace("/", ".").split("."):
        known = [item.name for item in fields(section)] if is_dataclass(section) else []
        if name not in known:
            return f"{key} is no setting{did_you_mean(name, known)}"
        section = getattr(section, name)
    if isinstance(section, dict):
        return f"{key} has keys of your own, which are added: +{key}={{KEY: VALUE}}"
    return f"{key} cannot be set by itself; see pipeline/config/"


def _one_line(error: BaseException) -> str:
    """A misspelt key is named beside those that are near. Hydra's and OmegaConf's other messages
    span lines, with the useful part in the cause; where Hydra
    looked is no help to whoever misspelt a word."""
    if found := _NOT_A_SETTING.search(str(error)):
        return _unknown(found[1])
    cause = error.__cause__ if error.__cause__ is not None else error
    lines = [line.strip() for line in f"{error}\n{cause}".splitlines() if line.strip()]
    idle = ("object_type=", "reference_type=", "Set the env", "Config search path", "provider=")
    wanted = [line for line in lines if not line.startswith(idle)]
    return " ".join(dict.fromkeys(wanted))
