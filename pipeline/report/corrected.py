"""Shares of frames corrected for the classifier's mistakes, and the words that go with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.evaluation import quantification
from pipeline.models import error_rates
from pipeline.models.error_rates import Rates
from pipeline.report.charts import round_maximum
from pipeline.report.series import Share
from pipeline.report.wording import Words


@dataclass(frozen=True)
class LocalSample:
    """The coded passages of the user's own channel that a model was fitted to."""

    file: str
    passages: int


@dataclass(frozen=True)
class KnownErrors:
    """Error rates by frame: ``elsewhere`` on the dev passages of training, ``local`` on a coded
    sample; ``sample`` is None where there was none."""

    elsewhere: Mapping[str, Rates]
    local: Mapping[str, Rates]
    sample: LocalSample | None


@dataclass(frozen=True)
class CorrectedShare:
    """``share``, ``low`` and ``high`` are corrected; None where no error rates are known."""

    found: Share
    corrected: quantification.Prevalence | None
    rates: Rates | None


@dataclass(frozen=True)
class Reliability:
    """How a frame's decisions did on coded passages: of those called present so many are
    (``precision``), of those that are present so many were found (``recall``); 0 to 1."""

    name: str
    precision: float
    recall: float


@dataclass(frozen=True)
class Correction:
    rows: list[CorrectedShare]
    sample: LocalSample | None

    @property
    def maximum(self) -> float:
        """An axis from 0 that holds every share and interval."""
        ends = [row.found.share for row in self.rows]
        return round_maximum(ends + [row.corrected.high for row in self.rows if row.corrected])


def known_errors(kept: Mapping[str, Any]) -> KnownErrors | None:
    """From what a classifier keeps about its training; None where it keeps no error rates."""
    try:
        local = kept.get("local") or {}
        elsewhere = error_rates.from_json(kept.get("error_rates"))
        here = error_rates.from_json(local.get("error_rates"))
        sample = LocalSample(str(local["file"]), int(local["passages"])) if local else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return KnownErrors(elsewhere, here, sample) if elsewhere or here else None


def correct(shares: Sequence[Share], errors: KnownErrors) -> Correction:
    """Every frame's share as it would be if the classifier made no mistakes; none where nothing was
    found."""
    rows = []
    for share in shares:
        elsewhere, local = errors.elsewhere.get(share.code), errors.local.get(share.code)
        found = None
        if share.count:
            found = quantification.corrected(
                share.count, share.n, elsewhere=elsewhere, local=local, design_effect=share.effect
            )
        rows.append(CorrectedShare(share, found, local or elsewhere))
    return Correction(rows, errors.sample)


def reliabilities(shares: Sequence[Share], errors: KnownErrors) -> list[Reliability]:
    """Of every frame whose error rates are known, on a local sample where there is one."""
    found = []
    for share in shares:
        rates = errors.local.get(share.code) or errors.elsewhere.get(share.code)
        if rates is None:
            continue
        right = rates.sensitivity * rates.of_present
        called = right + rates.false_alarms * rates.of_absent
        if called > 0:
            found.append(Reliability(share.name, right / called, rates.sensitivity))
    return found


def basis(correction: Correction, words: Words) -> str:
    """What the correction rests on, in a sentence that has to be read with every such number."""
    if correction.sample is None:
        return words(
            "This is not corrected for shift: how often the program errs was measured on other "
            "texts, not on these, so the ranges are wide and may still be wrong."
        )
    return words(
        "How often the program errs was measured on {n} coded passages of this kind, so the ranges "
        "hold as far as those were drawn by chance from these posts.",
        n=words.number(correction.sample.passages),
    )
