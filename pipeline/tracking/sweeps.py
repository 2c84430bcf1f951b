"""A sweep in MLflow: a parent run over the runs of its combinations."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.tracking import provenance, store
from pipeline.tracking.runs import COMPLETE_TAG, cut_note, experiment_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

PARENT_TAG, SWEEP_TAG = "mlflow.parentRunId", "sweep"
_DIGEST_TAG = "sweep_digest"
_SHOWN = "f1_macro"
_LONGEST_NAME = 150


def log_sweep(
    children: Mapping[str, str], *, settings: Sequence[str], note: str, uri: str, experiment: str
) -> str:
    """Log a parent run over runs that are already logged; returns its id.

    ``children`` maps the settings of a combination (``model=tfidf seed=1``) to its run id.
    ``settings`` are the swept settings as typed, ``note`` is the result table in Markdown. The same
    sweep is logged once. A run in several sweeps is a child of the latest one; each parent keeps
    the ids of all its runs in a tag.
    """
    address = store.absolute(uri)
    with store.exclusive(address):
        client = store.client(address)
        with store.converting_errors(address):
            experiment_id = experiment_of(client, address, experiment)
            digest = _digest(children)
            found = client.search_runs([experiment_id], f"tags.{_DIGEST_TAG} = '{digest}'")
            parent = str(found[0].info.run_id) if found else ""
            if not parent:
                parent = _parent(client, experiment_id, children, settings, note, digest)
            for combination, run_id in children.items():
                client.set_tag(run_id, PARENT_TAG, parent)
                client.set_tag(run_id, SWEEP_TAG, combination)
            return parent


def _parent(
    client: MlflowClient,
    experiment_id: str,
    children: Mapping[str, str],
    settings: Sequence[str],
    note: str,
    digest: str,
) -> str:
    run = client.create_run(
        experiment_id,
        run_name=_name(settings),
        tags={
            _DIGEST_TAG: digest,
            "sweep_settings": " ".join(settings),
            "sweep_runs": " ".join(dict.fromkeys(children.values())),
            "mlflow.note.content": cut_note(note),
            **provenance.origin(),
        },
    )
    run_id = str(run.info.run_id)
    for setting in settings:
        key, _, values = setting.partition("=")
        client.log_param(run_id, key.lstrip("+"), values[:500])
    figures = [client.get_run(child).data.metrics.get(_SHOWN) for child in children.values()]
    known = [figure for figure in figures if figure is not None]
    client.log_metric(run_id, "runs", float(len(children)))
    if known:
        client.log_metric(run_id, f"best_{_SHOWN}", max(known))
        if _one_setting(children):
            client.log_metric(run_id, f"mean_{_SHOWN}", sum(known) / len(known))
    client.set_terminated(run_id)
    client.set_tag(run_id, COMPLETE_TAG, "true")
    return run_id


def _name(settings: Sequence[str]) -> str:
    return f"sweep {' '.join(settings)}"[:_LONGEST_NAME]


def _one_setting(children: Mapping[str, str]) -> bool:
    """Whether the combinations differ in their seeds alone; over different settings a mean has no
    meaning, and the note's table has one for each."""
    plain = {
        tuple(word for word in combination.split() if word.lstrip("+").partition("=")[0] != "seed")
        for combination in children
    }
    return len(plain) == 1


def _digest(children: Mapping[str, str]) -> str:
    text = "\n".join(f"{combination}\t{run}" for combination, run in sorted(children.items()))
    return hashlib.sha256(text.encode()).hexdigest()
