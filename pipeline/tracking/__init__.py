"""Results in MLflow: each once, with everything that made it. The only importer of mlflow."""

from pipeline.tracking.champions import champion
from pipeline.tracking.record import ResultRecord
from pipeline.tracking.runs import log_result

__all__ = ["ResultRecord", "champion", "log_result"]
