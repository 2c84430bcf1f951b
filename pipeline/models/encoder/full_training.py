"""Training of every layer by transformers' ``Trainer``, with our loss, batches and dev score."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.io.progress import Advance
from pipeline.models.base import Mask, Matrix
from pipeline.models.encoder.backbones import Backbone
from pipeline.models.encoder.checkpoints import Checkpoints, Curve, load_weights, save_weights
from pipeline.models.encoder.encoding import Encoded, Rows, features, padded
from pipeline.models.encoder.losses import Loss
from pipeline.models.encoder.trainable_encoder import TrainableEncoder, learning
from pipeline.models.encoder.training import (
    LARGEST_GRADIENT_NORM,
    TrainingSettings,
    Watch,
    judged,
    learning_rates,
    rate_factor,
    shuffled_batches,
)

if TYPE_CHECKING:
    import torch
    from torch import nn
    from transformers import Trainer, TrainerCallback


@dataclass(frozen=True)
class HardwareSettings:
    """How every layer is trained on the machine at hand.

    Attributes:
        device: cpu, cuda or mps.
        precision: fp32, bf16 or fp16, of what layers compute; weights stay in fp32.
        accumulation: batches to a step, so that a step learns from ``batch_size`` times as many
            passages. It follows the mean of their losses.
        gradient_checkpointing: layers are computed again on the way back instead of kept: less
            memory, more time.
        checkpoint_steps: between two checkpoints; there is one after every epoch too.
    """

    device: str = "cpu"
    precision: str = "fp32"
    accumulation: int = 1
    gradient_checkpointing: bool = False
    checkpoint_steps: int = 200


@dataclass(frozen=True)
class Coded:
    """Passages as tokens, with their answers ``(n, outputs)``."""

    encoded: Encoded
    soft: Matrix
    asked: Mask


@dataclass(frozen=True)
class Training:
    """All that stays the same from the first step to the last."""

    backbone: Backbone
    train: Coded
    dev: Coded
    settings: TrainingSettings
    hardware: HardwareSettings
    watch: Watch

    @property
    def steps_per_epoch(self) -> int:
        batches = math.ceil(len(self.train.encoded.ids) / self.settings.batch_size)
        return math.ceil(batches / self.hardware.accumulation)


def train_every_layer(
    trainable: TrainableEncoder, training: Training, checkpoints: Checkpoints, advance: Advance
) -> Curve:
    """Train in place, from the last checkpoint if there is one, and leave the weights of the best
    epoch on dev; without a dev score of the last.

    The global random generators are left as they were; they are what dropout draws from.
    """
    settings, last = training.settings, checkpoints.last()
    curve = Curve() if last is None else last[1]
    advance(len(curve.history) * len(training.train.encoded.ids))
    if not curve.ended(settings.epochs, settings.patience):
        with _own_randomness():
            trainer = _trainer(trainable, training, checkpoints, curve, advance)
            trainer.train(resume_from_checkpoint=None if last is None else str(last[0]))
    checkpoints.load_best(curve, learning(trainable))
    return curve


def _trainer(
    trainable: TrainableEncoder,
    training: Training,
    checkpoints: Checkpoints,
    curve: Curve,
    advance: Advance,
) -> Trainer:
    import torch
    from torch.utils.data import DataLoader
    from transformers import PrinterCallback, Trainer

    settings, train = training.settings, training.train
    loss_on_cpu = Loss(train.soft, train.asked, settings.loss)
    arguments = _arguments(training, checkpoints.folder)
    loss_of = loss_on_cpu.to(arguments.device)
    order = EpochBatches(train.encoded.lengths, settings.batch_size, settings.seed)

    class EveryLayerTrainer(Trainer):
        def get_train_dataloader(self) -> DataLoader[Any]:
            rows: Any = range(len(train.encoded.ids))
            loader = DataLoader(rows, batch_sampler=order, collate_fn=_collate(training))
            prepared: DataLoader[Any] = self.accelerator.prepare(loader)
            return prepared

        def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
            self.optimizer = _optimizer(trainable, settings)
            return self.optimizer

        def create_scheduler(
            self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
        ) -> torch.optim.lr_scheduler.LRScheduler:
            assert self.optimizer is not None
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
                self.optimizer,
                lambda step: rate_factor(step, num_training_steps, settings.warmup_share),
            )
            return self.lr_scheduler

        def compute_loss(
            self,
            model: nn.Module,
            inputs: dict[str, torch.Tensor],
            return_outputs: bool = False,
            num_items_in_batch: torch.Tensor | int | None = None,
        ) -> Any:
            logits = model(inputs["ids"], inputs["segments"], inputs["mask"])
            loss = loss_of.of(logits.float(), inputs["soft"], inputs["asked"])
            curve.losses += loss.item() * len(logits)
            advance(len(logits))
            return loss

        # Only what learns is kept: the rest is the backbone's, and may share memory.
        def _save(
            self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None
        ) -> None:
            folder = Path(output_dir or checkpoints.folder)
            folder.mkdir(parents=True, exist_ok=True)
            save_weights(folder, learning(trainable))

        def _load_from_checkpoint(
            self, resume_from_checkpoint: str, model: nn.Module | None = None
        ) -> None:
            load_weights(Path(resume_from_checkpoint), learning(trainable))

    trainer = EveryLayerTrainer(
        model=trainable,
        args=arguments,
        callbacks=[_callback(trainable, training, checkpoints, curve, order, loss_on_cpu)],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _arguments(training: Training, folder: Path) -> Any:
    from transformers import TrainingArguments

    settings, hardware = training.settings, training.hardware
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=hardware.accumulation,
        max_grad_norm=LARGEST_GRADIENT_NORM,
        seed=settings.seed,
        use_cpu=hardware.device == "cpu",
        bf16=hardware.precision == "bf16",
        fp16=hardware.precision == "fp16",
        # When to judge and when to save is decided in the callback.
        save_strategy="no",
        eval_strategy="no",
        logging_strategy="no",
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )
    arguments._n_gpu = min(1, arguments.n_gpu)  # several at once would change what a batch is
    return arguments


def _callback(
    trainable: TrainableEncoder,
    training: Training,
    checkpoints: Checkpoints,
    curve: Curve,
    order: EpochBatches,
    loss_on_cpu: Loss,
) -> TrainerCallback:
    from transformers import TrainerCallback

    settings, dev = training.settings, training.dev
    of_an_epoch, every = training.steps_per_epoch, training.hardware.checkpoint_steps

    class Judge(TrainerCallback):
        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            order.epoch = int(state.epoch or 0)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            # At the end of an epoch a checkpoint has to come after the judgement.
            if state.global_step % every == 0 and state.global_step % of_an_epoch != 0:
                control.should_save = True

        def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            score, dev_loss = None, None
            if dev.asked.any():
                logits = logits_of(trainable, training.backbone, dev.encoded)
                score, dev_loss = judged(logits, dev.soft, dev.asked, loss_on_cpu)
            if curve.end_epoch(len(training.train.encoded.ids), dev_loss, score):
                checkpoints.keep_best(curve, learning(trainable))
            training.watch(curve.history[-1])
            control.should_training_stop = curve.ended(settings.epochs, settings.patience)
            control.should_save = True

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            checkpoints.finish(state.global_step, curve)

    return Judge()


class EpochBatches:
    """The batches of the epoch that is set, from its number and the seed alone."""

    def __init__(self, lengths: NDArray[np.int64], batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed = lengths, batch_size, seed
        self.epoch = 0
        self.drop_last = False  # is asked for by accelerate

    def __len__(self) -> int:
        return math.ceil(len(self.lengths) / self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        import torch

        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        for rows in shuffled_batches(self.lengths, self.batch_size, generator):
            yield rows.tolist()


def _collate(training: Training) -> Any:
    import torch

    train = training.train

    def collated(numbers: list[int]) -> Mapping[str, torch.Tensor]:
        rows: Rows = np.array(numbers, np.int64)
        batch = padded(training.backbone, train.encoded, rows)
        answers = {"soft": train.soft[rows], "asked": train.asked[rows]}
        return {
            "ids": batch.ids,
            "segments": batch.segments,
            "mask": batch.mask,
            **{name: torch.from_numpy(values) for name, values in answers.items()},
        }

    return collated


def logits_of(trainable: TrainableEncoder, backbone: Backbone, encoded: Encoded) -> Matrix:
    """``(n, outputs)`` in evaluation mode and full precision, as a saved model will say it."""
    was_training = trainable.training
    trainable.eval()
    heads = trainable.heads()
    result: Matrix = features(trainable.over(backbone), encoded) @ heads.weights.T + heads.offsets
    trainable.train(was_training)
    return result


def _optimizer(trainable: TrainableEncoder, settings: TrainingSettings) -> torch.optim.Optimizer:
    """AdamW; weight decay on matrices only. One group for each pair of rate and decay."""
    import torch

    parameters = learning(trainable)
    rates = layer_rates(list(parameters), settings.learning_rate, settings.layer_decay)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in parameters.items():
        decay = settings.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rates[name], decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": own, "lr": rate, "weight_decay": d} for (rate, d), own in groups.items()],
        lr=settings.learning_rate,
    )


def layer_rates(names: list[str], rate: float, decay: float) -> dict[str, float]:
    """A rate for each parameter: ``rate`` for the head and what has no number, for numbered layers
    as in :func:`learning_rates`, and for embeddings that of the lowest layer times ``decay``."""
    numbered = {name for name in names if any(part.isdigit() for part in name.split("."))}
    rates = learning_rates(numbered, rate, decay)
    below = min(rates.values(), default=rate) * decay
    rates |= {n: below if "embed" in n else rate for n in names if n not in numbered}
    return rates


@contextmanager
def _own_randomness() -> Iterator[None]:
    """The trainer seeds the global generators; afterwards they are as before."""
    import torch

    python, legacy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(legacy)
