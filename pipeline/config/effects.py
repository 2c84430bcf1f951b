"""Which settings a model reads, so that the others can be refused or warned of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields, is_dataclass

from pipeline.config.choices import HeadStart, LossKind, ModelKind
from pipeline.config.settings import Config

_ENCODERS = (ModelKind.probe, ModelKind.transformer)
# Section → the kinds of model that read it.
_READERS: dict[str, tuple[ModelKind, ...]] = {
    "train": (ModelKind.transformer,),
    "backbone": _ENCODERS,
    "model.tfidf": (ModelKind.tfidf,),
    "model.mentions": (ModelKind.mentions,),
    "model.probe": _ENCODERS,  # the fine-tuned encoder's head starts from a probe
    "model.ensemble": (ModelKind.ensemble,),
}
_FOCUSED = (LossKind.focal, LossKind.asymmetric)


def kinds_of(config: Config) -> set[ModelKind]:
    """The kind of the model, and those of an ensemble's members."""
    kind = config.model.kind
    return {kind, *config.model.ensemble.members} if kind is ModelKind.ensemble else {kind}


def without_effect(
    config: Config, keys: Iterable[str], kinds: Collection[ModelKind] | None = None
) -> list[str]:
    """Those of the dotted keys that no model of these kinds reads, with the other settings of
    ``config``; by default, the kinds are those of ``config``."""
    known = kinds_of(config) if kinds is None else set(kinds)
    return [key for key in keys if not _is_read(key, config, known)]


def idle(config: Config) -> str:
    """One line that names the settings of training and models that differ from their defaults and
    that the model does not read; "" if there are none."""
    plain = Config()
    changed = [
        *_changed("train", config.train, plain.train),
        *_changed("model", config.model, plain.model),
    ]
    found = without_effect(config, changed)
    return f"without effect on model={config.model.kind.value}: {', '.join(found)}" if found else ""


def _changed(key: str, own: object, default: object) -> Iterator[str]:
    for item in fields(default) if is_dataclass(default) else ():
        mine, plain = getattr(own, item.name), getattr(default, item.name)
        if is_dataclass(plain):
            yield from _changed(f"{key}.{item.name}", mine, plain)
        elif mine != plain:
            yield f"{key}.{item.name}"


def _is_read(key: str, config: Config, kinds: set[ModelKind]) -> bool:
    for section, readers in _READERS.items():
        if key == section or key.startswith(f"{section}."):
            return bool(kinds.intersection(readers)) and not _switched_off(key, config, kinds)
    return True


def _switched_off(key: str, config: Config, kinds: set[ModelKind]) -> bool:
    if key == "train.focusing":
        return config.train.loss not in _FOCUSED
    if key.startswith("model.probe.") and ModelKind.probe not in kinds:
        return (
            config.train.head_start is not HeadStart.probe
            or key != "model.probe.inverse_regularisation"
        )
    return False
