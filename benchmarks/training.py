"""Time to the same dev score: our fine-tuning against plain fine-tuning of the same backbone.

    python benchmarks/training.py [--backbone e5|minilm] [--passages 1000] [--seed N]

Both are trained on the same passages of ``labels/`` with the same maximum length and number of
threads, in one process: first Hugging Face's Trainer (all layers, random batches, padding to the
maximum length, default optimiser and schedule), evaluated on dev after every epoch; then ours with
the default recipe, including the time for the frozen layers. The target is the best mean average
precision that both reach; times are those of the first epoch that reaches it, without evaluation.
Prints both curves and the ratio.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline import codebook as codebooks
from pipeline.annotation import adjudication, store
from pipeline.config import components, compose
from pipeline.config.components import recipe
from pipeline.datasets.labeled_passages import LabeledPassages, labeled_passages
from pipeline.models.calibration import sigmoid
from pipeline.models.encoder.backbones import Backbone
from pipeline.models.encoder.encoding import encode, pool
from pipeline.models.encoder.frozen_layers import layers_of
from pipeline.models.encoder.training import Epoch, mean_average_precision

LABELS = Path("labels")
DEV = 300
Curve = list[tuple[float, float]]  # seconds since the start without evaluation, score on dev


def corpus(passages: int, seed: int) -> tuple[LabeledPassages, LabeledPassages]:
    """Train and dev, drawn by post."""
    book = codebooks.load(LABELS / "codebook.yaml")
    texts = store.read_texts(LABELS / "texts")
    annotations = store.read(
        texts=LABELS / "texts", annotations=LABELS / "annotations", coders=LABELS / "coders.yaml",
        codebook=book,
    )  # fmt: skip
    rows = texts.with_columns(paragraph_id="passage_id", family="passage_id")
    coded = labeled_passages(rows, adjudication.majority(annotations, book), book)
    posts = coded.passages["post"].to_numpy()
    order = np.random.default_rng(seed).permutation(np.unique(posts))
    place = {post: i for i, post in enumerate(order)}
    ranked = np.array(sorted(range(len(posts)), key=lambda row: (place[posts[row]], row)))
    return coded.take(ranked[:passages]), coded.take(ranked[passages : passages + DEV])


class Plain(torch.nn.Module):
    """The backbone with a linear head; all weights are trained."""

    def __init__(self, backbone: Backbone, outputs: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.encoder = backbone.encoder.requires_grad_(True)
        self.head = torch.nn.Linear(backbone.hidden_size, outputs)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor,
        asked: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        vectors = pool(states.last_hidden_state, attention_mask.bool(), self.backbone.pooling)
        logits = self.head(vectors)
        every = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, labels, reduction="none"
        )
        return {"loss": (every * asked).sum() / asked.sum().clamp(min=1), "logits": logits}


def padded_rows(backbone: Backbone, coded: LabeledPassages) -> list[dict[str, Any]]:
    """Each passage padded to the maximum length."""
    rows = []
    encoded = encode(backbone, coded.passages, "none")
    for ids, soft, asked in zip(encoded.ids, coded.soft, coded.asked, strict=True):
        whole = np.full(backbone.max_length, backbone.pad_id, np.int64)
        whole[: len(ids)] = ids
        mask = (np.arange(backbone.max_length) < len(ids)).astype(np.int64)
        rows.append({"input_ids": whole, "attention_mask": mask, "labels": soft,
                     "asked": asked.astype(np.float32)})  # fmt: skip
    return rows


def plain_curve(
    backbone: Backbone, train: LabeledPassages, dev: LabeledPassages, *, epochs: int, seed: int
) -> Curve:
    from transformers import Trainer, TrainerCallback, TrainingArguments, set_seed

    set_seed(seed)
    model = Plain(backbone, train.soft.shape[1])
    curve: Curve = []
    judging = 0.0
    started = time.perf_counter()
    rows, dev_rows = padded_rows(backbone, train), padded_rows(backbone, dev)

    class Judge(TrainerCallback):
        def on_epoch_end(self, *args: Any, **kwargs: Any) -> None:
            nonlocal judging
            begun = time.perf_counter()
            model.eval()
            logits = []
            with torch.no_grad():
                for start in range(0, len(dev_rows), 32):
                    batch = {
                        key: torch.from_numpy(
                            np.stack([r[key] for r in dev_rows[start : start + 32]])
                        )
                        for key in dev_rows[0]
                    }
                    logits.append(model(**batch)["logits"].numpy())
            model.train()
            p = sigmoid(np.concatenate(logits)).astype(np.float32)
            score = mean_average_precision(p, dev.soft, dev.asked) or 0.0
            curve.append((begun - started - judging, score))
            sys.stderr.write(f"plain: {curve[-1][0]:.0f} s {score:.3f}\n")
            judging += time.perf_counter() - begun

    arguments = TrainingArguments(
        output_dir="build/training_benchmark", num_train_epochs=epochs, seed=seed,
        per_device_train_batch_size=32, learning_rate=5e-5, use_cpu=True, save_strategy="no",
        logging_strategy="no", report_to=[], disable_tqdm=True, remove_unused_columns=False,
    )  # fmt: skip
    Trainer(model=model, args=arguments, train_dataset=rows, callbacks=[Judge()]).train()
    return curve


def our_curve(
    config: Any, book: codebooks.Codebook, train: LabeledPassages, dev: LabeledPassages
) -> Curve:
    """The curve of our training; the time includes evaluation on dev, which is cheap."""
    curve: Curve = []
    started = time.perf_counter()

    def watch(epoch: Epoch) -> None:
        curve.append((time.perf_counter() - started, epoch.dev_average_precision or 0.0))
        sys.stderr.write(f"ours:  {curve[-1][0]:.0f} s {curve[-1][1]:.3f}\n")

    recipe(config, book, watch).fit(train, dev)
    return curve


def seconds_to(curve: Curve, score: float) -> float:
    return next(seconds for seconds, reached in curve if reached >= score)


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--backbone", default="e5")
    parser.add_argument("--passages", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=3, help="of plain fine-tuning")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args(argv)
    config = compose(
        [f"backbone={options.backbone}", "model=transformer", "model.sentences.share=0",
         f"seed={options.seed}"]
    )  # fmt: skip
    book = codebooks.load(LABELS / "codebook.yaml")
    train, dev = corpus(options.passages, options.seed)
    backbone = components.backbone(config)
    count = len(layers_of(backbone.encoder))
    ours = our_curve(config, book, train, dev)
    plain = plain_curve(replace(backbone), train, dev, epochs=options.epochs, seed=options.seed)
    target = min(max(score for _, score in ours), max(score for _, score in plain))
    fast, slow = seconds_to(ours, target), seconds_to(plain, target)
    sys.stdout.write(
        f"{options.backbone} ({count} layers), {len(train)} passages, {len(dev)} in dev, at most "
        f"{backbone.max_length} tokens, {torch.get_num_threads()} threads\n"
        + "".join(
            f"{name}: " + ", ".join(f"{s:.0f} s {score:.3f}" for s, score in curve) + "\n"
            for name, curve in (("plain", plain), ("ours", ours))
        )
        + f"to a mean average precision of {target:.3f} on dev: plain {slow:.0f} s, "
        f"ours {fast:.0f} s, ratio {slow / fast:.1f}\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
