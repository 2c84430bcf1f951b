"""Cross-validation over the parts of a labelled table: each part is the test once."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from pipeline import stages
from pipeline.config import Config
from pipeline.config.run_folder import Tables
from pipeline.experiments import by_hand
from pipeline.io import files


def cross_validate(config: Config) -> str:
    """Train and evaluate one run per part in ``runs/ID/part-P/``; returns the table of all parts.

    Finished parts are not run again. The metrics are written to ``runs/ID/crossvalidation.json``.
    """
    from pipeline.evaluation.parts import mean_over_parts, parts_table

    folder = Path("runs") / by_hand.run_id(config)
    found = {}
    for part in config.labelled.parts:
        labelled = dataclasses.replace(config.labelled, part=part)
        of_part = dataclasses.replace(config, labelled=labelled)
        of_part = by_hand.in_folder(of_part, folder / f"part-{part}", "evaluate")
        stages.track(of_part)
        found[part] = files.read_json(Tables(of_part.out).metrics)["overall"]
    references = {
        reference.name: (reference.f1_micro, reference.f1_macro)
        for reference in config.evaluate.references
    }
    files.write_json(
        folder / "crossvalidation.json",
        {"parts": found, "mean": mean_over_parts(found), "references": references},
    )
    return f"{parts_table(found, references)}\nsee {folder}/\n"
