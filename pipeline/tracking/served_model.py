"""The classifier as served by MLflow (``mlflow models serve``, ``mlflow.pyfunc.load_model``).

MLflow runs this file when it logs and loads a model ("models from code"); nothing in the package
imports it. A request row has ``text`` and, if known, ``opening``, ``before``, ``language`` and
``post_id``. The answer has the decision columns of the Scores table, one row per request row.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext

if TYPE_CHECKING:
    from pipeline.models.classifier import Classifier


class ServedClassifier(PythonModel):
    """Loads the classifier's folder from the artifacts; nothing is unpickled."""

    classifier: Classifier

    def load_context(self, context: PythonModelContext) -> None:
        from pipeline.models.classifier import Classifier

        self.classifier = Classifier.load(Path(context.artifacts["classifier"]))

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        from pipeline.models.predictions import columns
        from pipeline.tracking.requests import passages_of

        rows = pd.DataFrame(model_input)
        passages = passages_of({str(name): rows[name].tolist() for name in rows})
        answers = self.classifier.answer(passages)
        answered = columns(answers, self.classifier.codebook)
        found = {name: column.to_list() for name, column in answered.items()}
        if "post_id" in rows:
            found = {"post_id": rows["post_id"].tolist(), **found}
        return pd.DataFrame(found, index=rows.index)


mlflow.models.set_model(ServedClassifier())
