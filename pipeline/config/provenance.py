"""The composed settings, and of each that is no default where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.config.composing import compose, register_schemas, with_new_keys
from pipeline.config.locations import shipped
from pipeline.config.settings import Config

COMMAND_LINE = "command line"
THIS_FOLDER = "found in this folder"
_GENERATED = ("schema/", "config_schema", "hydra/", "_self_")


def explained(overrides: list[str]) -> str:
    """The settings as YAML; a value that differs from its class's default is followed by its
    source in a comment.

    Raises InputError as :func:`~pipeline.config.compose` does.
    """
    composed, defaults = _plain(compose(overrides)), _plain(Config())
    sources = {("codebook",): THIS_FOLDER} | sources_of(overrides)
    return "\n".join(_lines(composed, defaults, sources, ()))


def sources_of(overrides: list[str]) -> dict[tuple[str, ...], str]:
    """Path of a key → what set it last: a file under ``configs/``, or the command line."""
    import hydra
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.types import RunMode

    overrides = [with_new_keys(word) for word in overrides]
    register_schemas()
    GlobalHydra.instance().clear()
    found: dict[tuple[str, ...], str] = {}
    with hydra.initialize_config_dir(str(shipped("configs")), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        order = loader.compute_defaults_list("config", overrides, RunMode.RUN)
        for item in order.defaults:
            if item.config_path is None or item.config_path.startswith(_GENERATED):
                continue
            _take(found, item.config_path, tuple(filter(None, (item.package or "").split("."))))
        groups = set(order.overrides.known_choices)
    for override in OverridesParser.create().parse_overrides(overrides):
        if override.key_or_group not in groups:
            found[tuple(override.key_or_group.split("."))] = COMMAND_LINE
    return found


def _take(found: dict[tuple[str, ...], str], config_path: str, package: tuple[str, ...]) -> None:
    """What one file sets; a later file takes the place of an earlier one."""
    import yaml

    path = shipped("configs") / f"{config_path}.yaml"
    if not path.is_file():
        return
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    body = {key: value for key, value in content.items() if key not in ("defaults", "hydra")}
    for key in _leaves(body):
        found[(*package, *key)] = f"configs/{config_path}.yaml"


def _leaves(value: Mapping[Any, Any]) -> Iterator[tuple[str, ...]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from ((str(key), *rest) for rest in _leaves(inner))
        else:
            yield (str(key),)


def _lines(
    value: Mapping[str, Any],
    defaults: Any,
    sources: Mapping[tuple[str, ...], str],
    above: tuple[str, ...],
) -> Iterator[str]:
    for key, inner in value.items():
        at = (*above, key)
        default = defaults.get(key) if isinstance(defaults, Mapping) else None
        indent = "  " * len(above)
        if isinstance(inner, Mapping) and inner:
            yield f"{indent}{_yaml(key)}:"
            yield from _lines(inner, default, sources, at)
            continue
        known = isinstance(defaults, Mapping) and key in defaults
        source = "" if known and inner == default else _source(at, sources)
        yield f"{indent}{_yaml(key)}: {_yaml(inner)}{f'  # {source}' if source else ''}"


def _source(at: tuple[str, ...], sources: Mapping[tuple[str, ...], str]) -> str:
    """Of the key itself, or of the section that was set as a whole; "" for the default of an entry
    that is typed itself."""
    for length in range(len(at), 0, -1):
        if at[:length] in sources:
            return sources[at[:length]]
    return ""


def _yaml(value: Any) -> str:
    """A value on one line."""
    import yaml

    text = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=float("inf"), sort_keys=False
    )
    return str(text).removesuffix("...\n").strip()


def _plain(config: Config) -> dict[str, Any]:
    from omegaconf import OmegaConf

    found = OmegaConf.to_container(OmegaConf.structured(config), resolve=True, enum_to_str=True)
    assert isinstance(found, dict)
    return {str(key): value for key, value in found.items()}
