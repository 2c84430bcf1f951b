"""Audits a model's decisions with a probability sample that people coded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from pipeline.annotation.adjudication import CONTESTED
from pipeline.annotation.queue.sample import Sample
from pipeline.codebook import STANCES, Codebook, Question
from pipeline.errors import InputError
from pipeline.evaluation import survey
from pipeline.evaluation.survey import Share
from pipeline.io import markdown

FEWEST = 10  # fewest coded passages for a meaningful interval
_NO_ANSWER = (CONTESTED, "cannot_say")


@dataclass(frozen=True)
class OutputAudit:
    """One output: a frame, or a stance toward a target.

    Attributes:
        said: the model's share in the population.
        people: the design-weighted share from people's answers only.
        corrected: the model's share minus its mean error in the sample.
        f1: F1 of the model in the population; None if nothing was found.
        coded: number of passages of the sample that people coded for the question.
    """

    output: str
    said: float
    people: Share
    corrected: Share
    f1: Share | None
    coded: int


@dataclass(frozen=True)
class Audit:
    """``population`` is the number of passages the model answered, ``without_answer`` that of
    passages of the sample without people's codes; ``skipped`` are outputs with fewer than
    :data:`FEWEST` coded passages."""

    population: int
    without_answer: int
    outputs: tuple[OutputAudit, ...]
    skipped: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def audit(
    predicted: pl.DataFrame, people: pl.DataFrame, drawn: Sample, codebook: Codebook
) -> Audit:
    """Compare a model's decisions on a population with people's labels of a sample of it.

    ``predicted`` and ``people`` have ``passage_id question answer``. ``people`` are adjudicated
    labels by people only; those in the sample are used. Raises InputError if the model's passages
    are not those from which the sample was drawn.
    """
    population = predicted["passage_id"].unique()
    unknown = set(drawn.inclusion) - set(population)
    if unknown:
        raise InputError(
            f"{len(unknown)} of {len(drawn.inclusion)} passages of the sample have no answer by "
            f"the model (the first: {min(unknown)}); score all passages from which the sample was "
            "drawn"
        )
    if len(population) != drawn.population:
        raise InputError(
            f"the sample was drawn from {drawn.population} passages, the model answered "
            f"{len(population)}; score exactly the passages from which the sample was drawn"
        )
    of_sample = people.filter(
        pl.col("passage_id").is_in(list(drawn.inclusion)), ~pl.col("answer").is_in(_NO_ANSWER)
    )
    done, skipped = [], []
    for question in codebook.questions:
        theirs = dict(
            of_sample.filter(question=question.name).select("passage_id", "answer").rows()
        )
        own = dict(predicted.filter(question=question.name).select("passage_id", "answer").rows())
        answered = set(theirs) & set(own)
        design = survey.strata(drawn.inclusion, drawn.population, answered)
        for output, value in _outputs(question):
            if len(answered) < FEWEST:
                skipped.append(output)
                continue
            done.append(_of_output(output, value, design, theirs, own))
    coded = of_sample["passage_id"].n_unique()
    return Audit(len(population), len(drawn.inclusion) - coded, tuple(done), tuple(skipped))


def _outputs(question: Question) -> list[tuple[str, str]]:
    """Names of outputs, with the answer that each represents."""
    if question.is_stance:
        return list(zip(question.outputs, STANCES, strict=True))
    return [(question.name, "present")]


def _of_output(
    output: str,
    value: str,
    design: list[survey.Stratum],
    theirs: Mapping[str, str],
    own: Mapping[str, str],
) -> OutputAudit:
    coded = {key: float(answer == value) for key, answer in theirs.items()}
    predicted = {key: float(answer == value) for key, answer in own.items()}
    share = sum(predicted.values()) / len(predicted)
    return OutputAudit(
        output=output,
        said=share,
        people=survey.by_people(design, coded),
        corrected=survey.corrected(design, coded, predicted, share),
        f1=survey.f1(design, coded, predicted, share),
        coded=sum(len(stratum.answered) for stratum in design),
    )


def decisions_of_scores(scores: pl.DataFrame, codebook: Codebook) -> pl.DataFrame:
    """The decisions in a Scores table as ``passage_id question answer``, each passage once, without
    questions that the scores do not have."""
    once = scores.unique("passage_id", keep="first", maintain_order=True)
    parts = []
    for question in codebook.questions:
        code = question.rule.code
        column = f"stance_{code}" if question.is_stance else code
        if column not in once.columns:
            continue
        answer = (
            pl.col(column).cast(pl.String)
            if question.is_stance
            else pl.when(column).then(pl.lit("present")).otherwise(pl.lit("absent"))
        )
        parts.append(once.select("passage_id", question=pl.lit(question.name), answer=answer))
    return pl.concat(parts)


def table(found: Audit) -> str:
    """A Markdown table with shares in percent."""
    rows = [
        {
            "output": row.output,
            "model %": round(100 * row.said, 1),
            "corrected %": round(100 * row.corrected.share, 1),
            "95% interval": _interval(row.corrected, 100),
            "people alone %": round(100 * row.people.share, 1),
            "its interval": _interval(row.people, 100),
            "F1": None if row.f1 is None else round(row.f1.share, 2),
            "interval of F1": "" if row.f1 is None else _interval(row.f1, 1),
            "coded": row.coded,
        }
        for row in found.outputs
    ]
    return markdown.section("Shares and F1 in the population", pl.DataFrame(rows))


def _interval(share: Share, scale: int) -> str:
    digits = 1 if scale == 100 else 2
    return f"{scale * share.low:.{digits}f} to {scale * share.high:.{digits}f}"
