"""What a training of every layer leaves on disk while it runs, so that it can be taken up again.

A folder ``<digest>/`` holds ``start/`` (the head that training begins with), ``best-<epoch>/`` and
``checkpoint-<step>/``, whose ``curve.json`` is written last: a checkpoint without it is not whole.
The digest stands for settings, weights and passages, so that another training never goes on from
it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipeline.io import files
from pipeline.models.encoder.training import Epoch
from pipeline.models.linear.logistic import LinearHeads

if TYPE_CHECKING:
    import torch

_CURVE, _WEIGHTS = "curve.json", "weights.safetensors"


@dataclass
class Curve:
    """How far a training is.

    Attributes:
        history: an entry for each epoch that has ended.
        best: number of the best epoch so far; 0 before the first has ended.
        best_score: on dev; None where dev cannot judge.
        losses: sum over the passages of the epoch that has not ended.
    """

    history: list[Epoch] = field(default_factory=list)
    best: int = 0
    best_score: float | None = None
    losses: float = 0.0

    def end_epoch(self, count: int, dev_loss: float | None, score: float | None) -> bool:
        """Of ``count`` passages; whether it is the best so far. Without a score each is."""
        number = len(self.history) + 1
        self.history.append(Epoch(number, self.losses / count, dev_loss, score))
        self.losses = 0.0
        if score is None or self.best_score is None or score > self.best_score:
            self.best, self.best_score = number, score
            return True
        return False

    def ended(self, epochs: int, patience: int) -> bool:
        """Whether there is nothing left to train."""
        number = len(self.history)
        return number >= epochs or number - self.best >= patience


@dataclass(frozen=True)
class Checkpoints:
    """The folder of one training."""

    folder: Path

    def start(self, fit: Callable[[], LinearHeads]) -> LinearHeads:
        """The head that training begins with, fitted once: what is fitted anew may differ in its
        last bits."""
        path = self.folder / "start" / "head.safetensors"
        if not path.is_file():
            heads = fit()
            path.parent.mkdir(exist_ok=True)
            with files.replacing(path) as temporary:
                heads.save(temporary)
        return LinearHeads.load(path)

    def last(self) -> tuple[Path, Curve] | None:
        """The latest whole checkpoint; others are removed."""
        whole = [path for path in self._steps() if (path / _CURVE).is_file()]
        for path in self._steps():
            if not whole or path != whole[-1]:
                shutil.rmtree(path)
        if not whole:
            return None
        raw = files.read_json(whole[-1] / _CURVE)
        return whole[-1], Curve(**raw | {"history": [Epoch(**one) for one in raw["history"]]})

    def finish(self, step: int, curve: Curve) -> None:
        """Declare a checkpoint whole, and remove what it makes needless."""
        own = self.step(step)
        files.write_json(own / _CURVE, asdict(curve))
        for path in self._steps():
            if path != own:
                shutil.rmtree(path)
        for path in self.folder.glob("best-*"):
            if path != self._best(curve.best):
                shutil.rmtree(path)

    def step(self, number: int) -> Path:
        """Named as transformers' trainer names it."""
        return self.folder / f"checkpoint-{number}"

    def keep_best(self, curve: Curve, weights: Mapping[str, torch.Tensor]) -> None:
        folder = self._best(curve.best)
        folder.mkdir(exist_ok=True)
        save_weights(folder, weights)

    def load_best(self, curve: Curve, weights: Mapping[str, torch.Tensor]) -> None:
        load_weights(self._best(curve.best), weights)

    def _best(self, epoch: int) -> Path:
        return self.folder / f"best-{epoch}"

    def _steps(self) -> list[Path]:
        found = self.folder.glob("checkpoint-*")
        return sorted(found, key=lambda path: int(path.name.rpartition("-")[2]))


@contextmanager
def checkpoints(folder: Path | None, digest: str) -> Iterator[Checkpoints]:
    """Of the training that ``digest`` stands for; those of others in ``folder`` are removed.

    Without a folder they are kept for as long as the block lasts.
    """
    if folder is None:
        with TemporaryDirectory() as temporary:
            yield Checkpoints(Path(temporary))
        return
    own = folder / digest
    own.mkdir(parents=True, exist_ok=True)
    for other in folder.iterdir():
        if other != own and other.is_dir():
            shutil.rmtree(other)
    yield Checkpoints(own)


def save_weights(folder: Path, weights: Mapping[str, torch.Tensor]) -> None:
    from safetensors.torch import save_file

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with files.replacing(folder / _WEIGHTS) as temporary:
        save_file(plain, temporary)


def load_weights(folder: Path, weights: Mapping[str, torch.Tensor]) -> None:
    """Into tensors in place."""
    import torch
    from safetensors.torch import load_file

    saved = load_file(folder / _WEIGHTS)
    with torch.no_grad():
        for name, tensor in weights.items():
            tensor.copy_(saved[name])
