"""The recipe that trains every layer, or adapters beside every layer.

What it leaves is the same :class:`FineTunedEncoder` as that of ``fine_tuning.py``; only there is no
target reader.
"""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import InputError
from pipeline.io.progress import Progress, quiet
from pipeline.models.base import LabeledPassages
from pipeline.models.encoder import lora
from pipeline.models.encoder.backbones import Backbone
from pipeline.models.encoder.cache import OutputCache
from pipeline.models.encoder.checkpoints import checkpoints
from pipeline.models.encoder.encoding import encode, features
from pipeline.models.encoder.fine_tuning import SMALL, FineTunedEncoder
from pipeline.models.encoder.full_training import (
    Coded,
    HardwareSettings,
    Training,
    train_every_layer,
)
from pipeline.models.encoder.lora import LoraSettings
from pipeline.models.encoder.probe import fit_probe
from pipeline.models.encoder.trainable_encoder import TrainableEncoder
from pipeline.models.encoder.training import TrainingSettings, Watch, unwatched
from pipeline.models.linear.logistic import LinearHeads

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class FullTuningRecipe:
    """Settings and the backbone to start from, which itself is left as it is.

    Of ``settings``, ``frozen_layers`` and ``average_epochs`` are not read.

    Attributes:
        embeddings: whether they learn too; not with adapters.
        adapters: train these instead of the layers.
        checkpoints: folder of a training that can be taken up again; it stays until the caller
            removes it. None: there is nothing to take up.
    """

    backbone: Backbone
    settings: TrainingSettings = field(default_factory=TrainingSettings)
    hardware: HardwareSettings = field(default_factory=HardwareSettings)
    embeddings: bool = True
    adapters: LoraSettings | None = None
    checkpoints: Path | None = None
    progress: Progress = quiet
    watch: Watch = unwatched

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> FineTunedEncoder:
        """Learn from ``train``; the epoch that is best on ``dev`` is kept.

        Raises:
            InputError: no passage to learn from, or the encoder lacks what the settings ask for.
        """
        if not len(train):
            raise InputError("transformer: no passage to learn from")
        settings = self.settings
        if settings.head_start not in ("probe", "random"):
            raise InputError(f"head_start: unknown {settings.head_start!r}; allowed: probe, random")
        encoded = encode(self.backbone, train.passages, settings.context)
        training = Training(
            self.backbone,
            Coded(encoded, train.soft, train.asked),
            Coded(encode(self.backbone, dev.passages, settings.context), dev.soft, dev.asked),
            settings,
            self.hardware,
            self.watch,
        )
        with checkpoints(self.checkpoints, self._digest(training)) as kept:
            own = replace(self.backbone, encoder=self._learning_encoder())
            start = kept.start(lambda: self._first_heads(own, training.train))
            trainable = TrainableEncoder(own, start, settings.dropout)
            with self.progress(settings.epochs * len(train), "Fine-tuning") as advance:
                curve = train_every_layer(trainable, training, kept, advance)
        trained = trainable.encoder if self.adapters is None else lora.merged(trainable.encoder)
        # A new copy, on the CPU: training left hooks and switches in the other.
        encoder = copy.deepcopy(self.backbone.encoder)
        encoder.load_state_dict(trained.state_dict())
        heads = trainable.heads()
        if settings.kept_share != 1:
            _draw_back(encoder, self.backbone.encoder, settings.kept_share)
            heads = _between(heads, start, settings.kept_share)
        return FineTunedEncoder(
            replace(self.backbone, encoder=encoder),
            heads,
            settings.context,
            int(encoded.truncated.sum()),
            OutputCache(),
            history=curve.history,
        )

    def _learning_encoder(self) -> PreTrainedModel:
        """A copy on the device, of which what shall learn wants a gradient."""
        encoder = copy.deepcopy(self.backbone.encoder)
        if self.hardware.gradient_checkpointing:
            if not encoder.supports_gradient_checkpointing:
                kind = encoder.config.model_type
                raise InputError(
                    f"train.gradient_checkpointing: a {kind} encoder cannot; leave it false"
                )
            encoder.activation_checkpointing_enable({"use_reentrant": False})
        if self.adapters is not None:
            encoder = lora.with_adapters(encoder, self.adapters, self.settings.seed)
        else:
            encoder.requires_grad_(True)
            pooler: nn.Module | None = getattr(encoder, "pooler", None)
            if pooler is not None:
                pooler.requires_grad_(False)  # not asked, and not saved
            if not self.embeddings:
                encoder.get_input_embeddings().requires_grad_(False)
        module: nn.Module = encoder
        module.to(self.hardware.device)
        return encoder

    def _first_heads(self, own: Backbone, train: Coded) -> LinearHeads:
        import torch

        settings, outputs = self.settings, train.soft.shape[1]
        if settings.head_start == "random":
            generator = torch.Generator().manual_seed(settings.seed)
            weights = torch.randn((outputs, own.hidden_size), generator=generator) * SMALL
            return LinearHeads(weights.numpy(), np.zeros(outputs, np.float32))
        vectors = features(own, train.encoded, self.progress)
        return fit_probe(vectors, train.soft, train.asked, settings.probe_inverse_regularisation)

    def _digest(self, training: Training) -> str:
        """Sixteen hexadecimal digits for all that the weights depend on."""
        every_time = asdict(self.hardware)
        del every_time["checkpoint_steps"]
        adapters = None if self.adapters is None else asdict(self.adapters)
        what = [asdict(self.settings), every_time, self.embeddings, adapters]
        what += [version(name) for name in ("torch", "transformers", "accelerate")]
        digest = hashlib.sha256(json.dumps(what).encode())
        digest.update(json.dumps(self.backbone.settings()).encode())
        for name, tensor in self.backbone.encoder.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.numpy().tobytes())
        for coded in (training.train, training.dev):
            encoded = coded.encoded
            for array in [encoded.lengths, *encoded.ids, *encoded.segments]:
                digest.update(array.tobytes())
            digest.update(coded.soft.tobytes() + coded.asked.tobytes())
        return digest.hexdigest()[:16]


def _draw_back(encoder: PreTrainedModel, start: PreTrainedModel, share: float) -> None:
    """In place to a ``share`` of its own weights and the rest of those it began with."""
    import torch

    first = dict(start.named_parameters())
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            if not torch.equal(parameter, first[name]):
                parameter.mul_(share).add_(first[name], alpha=1 - share)


def _between(heads: LinearHeads, start: LinearHeads, share: float) -> LinearHeads:
    return LinearHeads(
        share * heads.weights + (1 - share) * start.weights,
        share * heads.offsets + (1 - share) * start.offsets,
    )
