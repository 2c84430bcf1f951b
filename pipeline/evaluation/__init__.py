"""How good a model's answers are: figures, intervals, pictures, the mistakes worth reading."""

from pipeline.evaluation.result import IN_DOMAIN, Evaluation, evaluate_predictions
from pipeline.evaluation.summary import gained, slice_table, summary

__all__ = ["IN_DOMAIN", "Evaluation", "evaluate_predictions", "gained", "slice_table", "summary"]
