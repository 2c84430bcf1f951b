"""Evaluation of predictions: metrics, intervals, figures, and the most confident mistakes."""

from pipeline.evaluation.resampling import IN_DOMAIN, with_components
from pipeline.evaluation.result import Evaluation, evaluate_predictions
from pipeline.evaluation.summary import gain_table, slice_table, summary

__all__ = [
    "IN_DOMAIN",
    "Evaluation",
    "evaluate_predictions",
    "gain_table",
    "slice_table",
    "summary",
    "with_components",
]
