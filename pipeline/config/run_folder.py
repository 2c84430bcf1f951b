"""The folder of a run: paths of the files that stages exchange."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.evaluation import Evaluation

# Sections of the settings that do not affect a result, only where it is stored and what is done
# with it. All other sections determine the result and the name of its folder.
NON_RESULT_SECTIONS = (
    "out", "score", "runner", "queue", "report", "tune", "tracking", "studio",
)  # fmt: skip


class Tables:
    """Paths of files in the folder of a run."""

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        self.folder = folder
        self.posts = folder / "posts.parquet"
        self.dropped_posts = folder / "dropped_posts.parquet"
        self.paragraphs = folder / "paragraphs.parquet"
        self.dropped_paragraphs = folder / "dropped_paragraphs.parquet"
        self.annotations = folder / "annotations.parquet"
        self.labels = folder / "labels.parquet"
        self.agreement = folder / "agreement.json"
        self.folds = folder / "folds.parquet"
        self.checkpoints = folder / "checkpoints"
        self.model = folder / "model"
        self.predictions = folder / "predictions.parquet"
        self.slices = folder / "slices.parquet"
        self.metrics = folder / "metrics.json"
        self.main_metrics = folder / "main_metrics.json"
        self.figures = folder / "figures"
        self.mistakes = folder / "mistakes.jsonl"

    def keep(self, evaluation: Evaluation) -> None:
        """Write an evaluation to the folder."""
        evaluation.write(
            metrics=self.metrics,
            main_metrics=self.main_metrics,
            predictions=self.predictions,
            slices=self.slices,
            figures=self.figures,
            mistakes=self.mistakes,
        )
