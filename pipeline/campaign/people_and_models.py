"""Exports coded passages, and audits models against people's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline import codebook as codebooks
from pipeline.annotation import adjudication, coded_export, coders, selection
from pipeline.annotation.coders import Coder
from pipeline.annotation.queue import sample as samples
from pipeline.annotation.selection import Selection
from pipeline.campaign.passages import input_passages, label_texts
from pipeline.codebook import Codebook
from pipeline.config import Config, components, located
from pipeline.errors import InputError
from pipeline.evaluation import audit as auditing
from pipeline.evaluation.audit import Audit
from pipeline.io import files
from pipeline.io.console import say


@dataclass(frozen=True)
class _Answers:
    codebook: Codebook
    table: pl.DataFrame
    coders: dict[str, Coder]
    config: Config

    def labels_of(self, wanted: Selection) -> tuple[pl.DataFrame, str]:
        """Adjudicated labels of the selected answers, and a description of their coders."""
        kept, whose = selection.select(self.table, self.coders, wanted)
        votes = selection.voting(
            kept, selection.people_among(self.coders), self.config.label.votes.value
        )
        decide = adjudication.METHODS[self.config.label.adjudication.value]
        return decide(votes, self.codebook), whose


def _answers(config: Config) -> _Answers:
    codebook = codebooks.load(located(config.codebook))
    folder = components.labels_folder(config)
    return _Answers(codebook, folder.annotations(codebook), coders.read(folder.coders), config)


def export_coded(
    output: Path, config: Config, *, wanted: Selection, inputs: Sequence[Path] = ()
) -> int:
    """Write adjudicated labels with their texts as coded JSON Lines; returns the number of lines.

    Texts come from ``labels/`` and from ``inputs``, files of any collector. Labels without a text
    are counted and left out.
    """
    answers = _answers(config)
    labels, whose = answers.labels_of(wanted)
    texts = label_texts(config)
    if inputs:
        both = pl.concat([texts, input_passages(inputs, config)])
        texts = both.unique("passage_id", keep="first", maintain_order=True)
    lines = list(coded_export.lines(labels, texts, answers.codebook))
    if not lines:
        raise InputError(f"{output}: the texts of these labels are missing; give the FILES")
    files.write_text(output, "".join(line + "\n" for line in lines))
    missing = labels["passage_id"].n_unique() - len(lines)
    without = f"; {missing} left out, their text is missing" if missing else ""
    say(f"{output}: {len(lines)} passages, {whose}{without}")
    say(f"next: rhetoric evaluate {output} --model {config.out}/model")
    return len(lines)


def audit(
    sample: Path,
    config: Config,
    *,
    model: str | None = None,
    scored: Path | None = None,
    people: Sequence[str] = (),
    output: Path | None = None,
) -> Audit:
    """Compare a model's answers, or a folder of scores, with people's answers to a sample.

    Give exactly one of ``model`` and ``scored``. ``people`` are the coders, by default all persons.
    Prints a table; the figures are written to ``output`` as JSON.
    """
    if (model is None) == (scored is None):
        raise InputError("give either --coder NAME or SCORED to compare with people's answers")
    answers = _answers(config)
    drawn = samples.read(sample)
    wanted = Selection(coders=tuple(people), kinds=() if people else (coders.PERSON,))
    theirs, whose = answers.labels_of(wanted)
    if model is not None:
        own, _ = selection.select(answers.table, answers.coders, Selection(coders=(model,)))
        compared = own.select("passage_id", "question", "answer")
    else:
        assert scored is not None
        compared = _decided(scored, answers.codebook)
    found = auditing.audit(compared, theirs, drawn, answers.codebook)
    if output is not None:
        files.write_json(output, found.as_json())
    say(auditing.table(found))
    say(_summary(found, whose, sample))
    return found


def _decided(folder: Path, codebook: Codebook) -> pl.DataFrame:
    from pipeline.scoring.record import read_record
    from pipeline.scoring.scores_folder import open_folder

    scores = open_folder(folder, read_record(folder).codebook).scores.collect()
    return auditing.decisions_of_scores(scores, codebook)


def _summary(found: Audit, whose: str, sample: Path) -> str:
    parts = [f"{sample}: {found.population} passages, {whose}"]
    if found.without_answer:
        parts.append(f"{found.without_answer} of the sample are not coded yet")
    if found.skipped:
        parts.append(f"too few coded passages for {', '.join(found.skipped)}")
    return "; ".join(parts)
