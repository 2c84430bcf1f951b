"""The training loop of fine-tuning: order of batches, optimiser, early stopping."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.io.progress import Advance
from pipeline.models.base import Mask, Matrix
from pipeline.models.calibration import sigmoid
from pipeline.models.encoder.encoding import Rows, batches, pool
from pipeline.models.encoder.frozen_layers import StateSource
from pipeline.models.encoder.losses import Loss, LossSettings
from pipeline.models.encoder.target_training import TargetHead
from pipeline.models.linear.logistic import LinearHeads

if TYPE_CHECKING:
    import torch

    Weights = list[torch.Tensor]

# Batches are taken from shuffled pools of this many batches, sorted by length to reduce padding.
POOL_BATCHES = 16
LARGEST_GRADIENT_NORM = 1.0


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of fine-tuning.

    Attributes:
        warmup_share: share of all steps in which the learning rate rises; it then falls to zero.
        frozen_layers: number of frozen layers from the bottom; embeddings are always frozen, and
            two layers are always trained.
        dropout: on the pooled vector, before the head.
        loss: see ``losses.py``.
        layer_decay: the learning rate of a layer is that of the one above it times this; the head
            has the full rate (Howard and Ruder 2018).
        kept_share: share of the fine-tuned weights in the result, the remainder being the initial
            weights, including the head's (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
            models"); 1 for the fine-tuned weights only.
        average_epochs: use the mean of the weights after every epoch instead of those of the best
            epoch (Izmailov et al. 2018).
        patience: epochs without a better dev score after which training stops.
        context: none | before | both.
        head_start: ``probe`` initialises the head with logistic regressions on the frozen features
            (with ``probe_inverse_regularisation``), ``random`` with small random weights.
    """

    epochs: int = 4
    learning_rate: float = 1e-4
    weight_decay: float = 0.01
    warmup_share: float = 0.1
    batch_size: int = 32
    frozen_layers: int = 8
    dropout: float = 0.1
    loss: LossSettings = field(default_factory=LossSettings)
    layer_decay: float = 1.0
    kept_share: float = 1.0
    average_epochs: bool = False
    patience: int = 2
    context: str = "none"
    seed: int = 13
    head_start: str = "probe"
    probe_inverse_regularisation: float = 0.01


@dataclass(frozen=True)
class Epoch:
    """One entry of the learning curve.

    ``dev_average_precision`` is the mean over outputs with both answers in dev; it and ``dev_loss``
    are None if undefined. Times are not recorded, so that the same training gives the same bytes.
    """

    number: int
    train_loss: float
    dev_loss: float | None
    dev_average_precision: float | None


# Called after every epoch; an exception ends the training.
Watch = Callable[[Epoch], None]


def unwatched(epoch: Epoch) -> None:
    """A :data:`Watch` that does nothing."""


@dataclass(frozen=True)
class Task:
    """Passages as a source of states, with their answers ``(n, outputs)``."""

    source: StateSource
    soft: Matrix
    asked: Mask


@dataclass
class Network:
    """The trainable parameters: those of the upper layers, a linear head and a target reader.

    Attributes:
        upper: trainable parameters of the encoder, by name.
        weight: ``(outputs, hidden)``.
        bias: ``(outputs,)``.
        pooling: mean | first.
        targets: learns from the targets that training passages mention.
    """

    upper: dict[str, torch.nn.Parameter]
    weight: torch.Tensor
    bias: torch.Tensor
    pooling: str
    targets: TargetHead | None = None

    def parameters(self) -> list[torch.Tensor]:
        return [*self.upper.values(), *self.head_parameters()]

    def head_parameters(self) -> list[torch.Tensor]:
        targets = [] if self.targets is None else self.targets.layers
        return [self.weight, self.bias, *targets]

    def vectors(self, source: StateSource, rows: Rows) -> torch.Tensor:
        states, mask = source.states(rows)
        return pool(states, mask, self.pooling)

    def logits(self, source: StateSource) -> Matrix:
        """``(n, outputs)`` of all passages of a source, without gradients."""
        import torch

        result = np.zeros((len(source.encoded.ids), len(self.bias)), np.float32)
        for rows in batches(source.encoded):
            with torch.no_grad():
                result[rows] = (self.vectors(source, rows) @ self.weight.T + self.bias).numpy()
        return result

    def heads(self) -> LinearHeads:
        return LinearHeads(self.weight.detach().numpy().copy(), self.bias.detach().numpy().copy())


def fine_tune(
    network: Network,
    train: Task,
    dev: Task,
    settings: TrainingSettings,
    advance: Advance,
    watch: Watch = unwatched,
) -> list[Epoch]:
    """Train the network in place; it gets the weights of the best epoch on dev, or those that
    ``average_epochs`` and ``kept_share`` define.

    Without a dev score (empty dev, or no output with both answers) every epoch counts as better
    than the one before.
    """
    import torch

    generator = torch.Generator().manual_seed(settings.seed)
    lengths = train.source.encoded.lengths
    steps = settings.epochs * math.ceil(len(lengths) / settings.batch_size)
    optimizer = _optimizer(network, settings)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: rate_factor(step, steps, settings.warmup_share)
    )
    loss_of = Loss(train.soft, train.asked, settings.loss)
    history: list[Epoch] = []
    start = _snapshot(network)
    ends: list[Weights] = []
    best, best_score, best_number = start, -math.inf, 0
    for number in range(1, settings.epochs + 1):
        losses = []
        for rows in shuffled_batches(lengths, settings.batch_size, generator):
            states, mask = train.source.states(rows)
            vectors = _dropout(pool(states, mask, network.pooling), settings.dropout, generator)
            loss = loss_of(vectors @ network.weight.T + network.bias, rows)
            if network.targets is not None:
                loss = loss + network.targets.loss(states, rows, settings.dropout, generator)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT_NORM)
            optimizer.step()
            scheduler.step()
            losses.append(loss.item() * len(rows))
            advance(len(rows))
        score, dev_loss = None, None
        if dev.asked.any():
            score, dev_loss = judged(network.logits(dev.source), dev.soft, dev.asked, loss_of)
        history.append(Epoch(number, sum(losses) / len(lengths), dev_loss, score))
        watch(history[-1])
        if settings.average_epochs:
            ends.append(_snapshot(network))
        if score is None or score > best_score:
            best, best_number = _snapshot(network), number
            best_score = best_score if score is None else score
        if number - best_number >= settings.patience:
            break
    learnt = weighted_sum(ends, [1 / len(ends)] * len(ends)) if ends else best
    share = settings.kept_share
    _restore(network, learnt if share == 1 else weighted_sum([learnt, start], [share, 1 - share]))
    return history


def weighted_sum(weights: Sequence[Weights], shares: Sequence[float]) -> Weights:
    """The weighted sum of several states of one network, by parameter."""
    return [
        sum((share * state for share, state in zip(shares, states, strict=True)), 0 * states[0])
        for states in zip(*weights, strict=True)
    ]


def shuffled_batches(
    lengths: NDArray[np.int64], batch_size: int, generator: torch.Generator
) -> list[Rows]:
    """Every row once, in batches of similar lengths that differ between epochs."""
    import torch

    order = torch.randperm(len(lengths), generator=generator).numpy()
    result: list[Rows] = []
    for start in range(0, len(order), batch_size * POOL_BATCHES):
        chosen = order[start : start + batch_size * POOL_BATCHES]
        chosen = chosen[np.argsort(lengths[chosen], kind="stable")]
        result += [chosen[i : i + batch_size] for i in range(0, len(chosen), batch_size)]
    return [result[i] for i in torch.randperm(len(result), generator=generator).tolist()]


def rate_factor(step: int, steps: int, warmup_share: float) -> float:
    """The factor of the learning rate: linear from near 0 to 1 in the warm-up, then to 0."""
    warmup = round(steps * warmup_share)
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (steps - step) / max(1, steps - warmup))


def mean_average_precision(probabilities: Matrix, soft: Matrix, asked: Mask) -> float | None:
    """The mean over outputs with both answers, without borderline rows; None if there are none."""
    from sklearn.metrics import average_precision_score

    values = []
    for j in range(soft.shape[1]):
        rows = asked[:, j] & (soft[:, j] != 0.5)
        truth = soft[rows, j] > 0.5
        if truth.any() and not truth.all():
            values.append(float(average_precision_score(truth, probabilities[rows, j])))
    return float(np.mean(values)) if values else None


def judged(logits: Matrix, soft: Matrix, asked: Mask, loss_of: Loss) -> tuple[float | None, float]:
    """Mean average precision and loss of ``(n, outputs)`` logits of dev."""
    import torch

    loss = loss_of.of(torch.from_numpy(logits), torch.from_numpy(soft), torch.from_numpy(asked))
    probabilities = sigmoid(logits).astype(np.float32)
    return mean_average_precision(probabilities, soft, asked), loss.item()


def _optimizer(network: Network, settings: TrainingSettings) -> torch.optim.Optimizer:
    """AdamW; weight decay on matrices only, not on biases and layer norms."""
    import torch

    rates = learning_rates(network.upper, settings.learning_rate, settings.layer_decay)
    heads = [(f"head {place}", part) for place, part in enumerate(network.head_parameters())]
    parameters = [*network.upper.items(), *heads]
    groups = [
        {
            "params": [parameter],
            "lr": rates.get(name, settings.learning_rate),
            "weight_decay": settings.weight_decay if parameter.ndim > 1 else 0.0,
        }
        for name, parameter in parameters
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate)


def learning_rates(names: Iterable[str], rate: float, decay: float) -> dict[str, float]:
    """The learning rate of each parameter by its layer, the first number in its name. The highest
    layer has ``rate``, each lower one ``decay`` times that of the one above."""
    layers = {name: next((int(p) for p in name.split(".") if p.isdigit()), 0) for name in names}
    top = max(layers.values(), default=0)
    return {name: rate * decay ** (top - layer) for name, layer in layers.items()}


def _dropout(vectors: torch.Tensor, dropout: float, generator: torch.Generator) -> torch.Tensor:
    """Dropout with our own generator; torch's layer uses the global one."""
    import torch

    if dropout == 0:
        return vectors
    kept = torch.rand(vectors.shape, generator=generator) >= dropout
    return vectors * kept / (1 - dropout)


def _snapshot(network: Network) -> Weights:
    return [parameter.detach().clone() for parameter in network.parameters()]


def _restore(network: Network, weights: Weights) -> None:
    import torch

    with torch.no_grad():
        for parameter, value in zip(network.parameters(), weights, strict=True):
            parameter.copy_(value)
