"""Evaluation of predictions: metrics, intervals, figures, and the most confident mistakes."""

from pipeline.evaluation.result import IN_DOMAIN, Evaluation, evaluate_predictions
from pipeline.evaluation.summary import gained, slice_table, summary

__all__ = ["IN_DOMAIN", "Evaluation", "evaluate_predictions", "gained", "slice_table", "summary"]
