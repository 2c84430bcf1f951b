"""The typed configuration: every setting, its default and its range.

Hydra composes the YAML files in ``configs/`` over these classes, so misspelt keys and wrong types
are refused. Defaults are defined here; YAML files only say what differs and why. Code below the
stages never gets a config, only plain values.
"""

from pipeline.config.choices import ModelKind, RunnerKind
from pipeline.config.composing import (
    compose,
    from_omegaconf,
    is_integer,
    read_params,
    register_schemas,
    to_yaml,
    with_new_keys,
    word_mappings,
)
from pipeline.config.data import Labelled
from pipeline.config.locations import located, shipped
from pipeline.config.models import Space
from pipeline.config.settings import Config, check

__all__ = [
    "Config",
    "Labelled",
    "ModelKind",
    "RunnerKind",
    "Space",
    "check",
    "compose",
    "from_omegaconf",
    "is_integer",
    "located",
    "read_params",
    "register_schemas",
    "shipped",
    "to_yaml",
    "with_new_keys",
    "word_mappings",
]
