"""Logs results to MLflow, each once, with full provenance. The only package that imports mlflow."""

from pipeline.tracking.champions import champion
from pipeline.tracking.record import ResultRecord
from pipeline.tracking.runs import log_result
from pipeline.tracking.sweeps import log_sweep
from pipeline.tracking.trials import FinishedTrial, log_trial

__all__ = ["FinishedTrial", "ResultRecord", "champion", "log_result", "log_sweep", "log_trial"]
