"""Fine-tuned encoders: the upper layers and a linear head are trained, the rest is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from pipeline.errors import InputError
from pipeline.io.files import read_json, write_json
from pipeline.io.progress import Progress, quiet
from pipeline.models.base import LabeledPassages, Matrix
from pipeline.models.calibration import sigmoid
from pipeline.models.encoder.backbones import Backbone, load_saved
from pipeline.models.encoder.cache import OutputCache
from pipeline.models.encoder.encoding import Encoded, batches, encode, pool, state_batches
from pipeline.models.encoder.frozen_layers import (
    FrozenLayerCache,
    StateSource,
    layers_of,
    trainable_copy,
)
from pipeline.models.encoder.heads import EncoderHeads
from pipeline.models.encoder.mentioned_targets import Pairs
from pipeline.models.encoder.probe import fit_probe
from pipeline.models.encoder.target_reader import TargetReader
from pipeline.models.encoder.target_training import TargetExamples, TargetHead
from pipeline.models.encoder.training import (
    Epoch,
    Network,
    Task,
    TrainingSettings,
    Watch,
    fine_tune,
    unwatched,
)
from pipeline.models.linear.logistic import LinearHeads

LEAST_LEARNING_LAYERS = 2
SMALL = 0.02  # standard deviation of random initial weights, as in BERT


@dataclass(frozen=True)
class FineTunedEncoder(EncoderHeads):
    """A fine-tuned encoder with its head.

    Attributes:
        history: the learning curve, one entry per epoch.
        reader: the target reader, whose logits replace the head's at mentioned targets. None if
            the codebook has no targets or the training texts mention none.
    """

    kind: ClassVar[str] = "transformer"

    history: list[Epoch] = field(default_factory=list)
    reader: TargetReader | None = None

    def save(self, folder: Path) -> None:
        """Write encoder, tokenizer, head and settings; no package is needed to load them."""
        self.backbone.save(folder)
        self.heads.save(folder / "head.safetensors")
        history = [asdict(epoch) for epoch in self.history]
        settings = {"context": self.context, "truncated": self.truncated, "history": history}
        write_json(folder / "transformer.json", settings)
        if self.reader is not None:
            self.reader.save(folder)

    @classmethod
    def load(cls, folder: Path) -> FineTunedEncoder:
        settings = read_json(folder / "transformer.json")
        return cls(
            load_saved(folder),
            LinearHeads.load(folder / "head.safetensors"),
            settings["context"],
            settings["truncated"],
            history=[Epoch(**epoch) for epoch in settings["history"]],
            reader=TargetReader.load(folder) if TargetReader.exists_in(folder) else None,
        )

    def _marks(self, encoded: Encoded) -> Sequence[bytes]:
        return () if self.reader is None else self.reader.marks(encoded)

    def _read(self, encoded: Encoded) -> Matrix:
        if self.reader is None:
            return super()._read(encoded)
        pairs = self.reader.pairs(encoded)
        vectors = np.zeros((len(encoded.ids), self.backbone.hidden_size), np.float32)
        features = pairs.no_features(self.backbone.hidden_size)
        for rows, states, pooled in state_batches(self.backbone, encoded):
            vectors[rows] = pooled.cpu().numpy()
            pairs.pool(rows, states.cpu().numpy(), features)
        logits = vectors @ self.heads.weights.T + self.heads.offsets
        self.reader.join(logits, pairs, features)
        return sigmoid(logits).astype(np.float32)


@dataclass(frozen=True)
class FineTuningRecipe:
    """Settings and the initial backbone, which is not changed.

    ``frozen_cache`` may be shared by several trainings. ``cues`` and ``columns`` are for the target
    reader: the cues of each target, and its outputs against, neutral, favour. Without cues there is
    no reader.
    """

    backbone: Backbone
    settings: TrainingSettings = field(default_factory=TrainingSettings)
    progress: Progress = quiet
    watch: Watch = unwatched
    frozen_cache: FrozenLayerCache = field(default_factory=FrozenLayerCache)
    cues: Sequence[Sequence[str]] = ()
    columns: Sequence[Sequence[int]] = ()

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> FineTunedEncoder:
        """Train on ``train`` and keep the best epoch on ``dev``.

        Raises:
            InputError: the layers of the backbone were not found, or ``train`` is empty.
        """
        if not len(train):
            raise InputError("transformer: no passage to train on")
        settings = self.settings
        if settings.head_start not in ("probe", "random"):
            raise InputError(f"head_start: unknown {settings.head_start!r}; allowed: probe, random")
        count = len(layers_of(self.backbone.encoder))
        frozen = max(0, min(settings.frozen_layers, count - LEAST_LEARNING_LAYERS))
        own = replace(self.backbone, encoder=trainable_copy(self.backbone.encoder, frozen))
        encoded = encode(own, train.passages, settings.context)
        learnt_from = self.frozen_cache.states_over(own, encoded, frozen, self.progress)
        judged_on = self.frozen_cache.states_over(
            own, encode(own, dev.passages, settings.context), frozen, quiet
        )
        task = Task(learnt_from, train.soft, train.asked)
        judge = Task(judged_on, dev.soft, dev.asked)
        network = self._network(own, task)
        with self.progress(settings.epochs * len(train), "Fine-tuning") as advance:
            history = fine_tune(network, task, judge, settings, advance, self.watch)
        own.encoder.requires_grad_(False)
        reader = None if network.targets is None else network.targets.reader()
        truncated = int(encoded.truncated.sum())
        return FineTunedEncoder(
            own,
            network.heads(),
            settings.context,
            truncated,
            OutputCache(),
            history=history,
            reader=reader,
        )

    def _network(self, own: Backbone, task: Task) -> Network:
        """Both heads begin with what can be read from the states before any fine-tuning."""
        import torch

        settings, encoded = self.settings, task.source.encoded
        upper = {name: p for name, p in own.encoder.named_parameters() if p.requires_grad}
        outputs = task.soft.shape[1]
        generator = torch.Generator().manual_seed(settings.seed)
        weight = torch.randn((outputs, own.hidden_size), generator=generator) * SMALL
        network = Network(upper, weight, torch.zeros(outputs), own.pooling)
        mentioned = TargetExamples.among(encoded, task.soft, task.asked, self.cues, self.columns)
        if settings.head_start == "probe" or mentioned is not None:
            pairs = Pairs.none() if mentioned is None else mentioned.pairs
            vectors, at_mentions = _first_features(own, task.source, pairs)
        if settings.head_start == "probe":
            regularisation = settings.probe_inverse_regularisation
            heads = fit_probe(vectors, task.soft, task.asked, regularisation)
            network.weight = torch.from_numpy(heads.weights)
            network.bias = torch.from_numpy(heads.offsets)
        if mentioned is not None:
            network.targets = TargetHead.start(mentioned, at_mentions, settings.seed)
        network.weight.requires_grad_(True)
        network.bias.requires_grad_(True)
        return network


def _first_features(own: Backbone, source: StateSource, pairs: Pairs) -> tuple[Matrix, Matrix]:
    """Pooled vectors ``(n, hidden)`` and the features of pairs ``(m, 3 hidden)``."""
    import torch

    vectors = np.zeros((len(source.encoded.ids), own.hidden_size), np.float32)
    at_mentions = pairs.no_features(own.hidden_size)
    for rows in batches(source.encoded):
        with torch.no_grad():
            states, mask = source.states(rows)
            vectors[rows] = pool(states, mask, own.pooling).numpy()
        pairs.pool(rows, states.numpy(), at_mentions)
    return vectors, at_mentions
