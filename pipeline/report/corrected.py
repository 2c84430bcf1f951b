"""Shares of frames corrected for the classifier's errors."""

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
    """The coded passages of the user's own posts that the model was recalibrated on."""

    file: str
    passages: int


@dataclass(frozen=True)
class KnownErrors:
    """Error rates per frame: ``elsewhere`` on the dev passages of training, ``local`` on the coded
    ``sample``, which is None if there is none."""

    elsewhere: Mapping[str, Rates]
    local: Mapping[str, Rates]
    sample: LocalSample | None


@dataclass(frozen=True)
class CorrectedShare:
    """A share as found and corrected; ``corrected`` and ``rates`` are None where not known."""

    found: Share
    corrected: quantification.Prevalence | None
    rates: Rates | None


@dataclass(frozen=True)
class Reliability:
    """Precision and recall (0 to 1) of a frame on coded passages."""

    name: str
    precision: float
    recall: float


@dataclass(frozen=True)
class Correction:
    rows: list[CorrectedShare]
    sample: LocalSample | None

    @property
    def maximum(self) -> float:
        """Axis end that covers every share and interval."""
        ends = [row.found.share for row in self.rows]
        return round_maximum(ends + [row.corrected.high for row in self.rows if row.corrected])


def known_errors(kept: Mapping[str, Any]) -> KnownErrors | None:
    """Read error rates from a classifier's provenance; None if it has none."""
    try:
        local = kept.get("local") or {}
        elsewhere = error_rates.from_json(kept.get("error_rates"))
        here = error_rates.from_json(local.get("error_rates"))
        sample = LocalSample(str(local["file"]), int(local["passages"])) if local else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return KnownErrors(elsewhere, here, sample) if elsewhere or here else None


def correct(shares: Sequence[Share], errors: KnownErrors) -> Correction:
    """Correct every frame's share for the classifier's errors; frames that were not found are left
    uncorrected."""
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
    """Reliability of every frame with known error rates; local ones take precedence."""
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
    """A sentence on the data behind the correction, shown with every corrected number."""
    if correction.sample is None:
        return words(
            "This is not corrected for shift: the program's error rates were measured on other "
            "texts, not on these, so the intervals are wide and may still be wrong."
        )
    return words(
        "The program's error rates were measured on {n} coded passages of this kind. The intervals "
        "hold as far as these are a random sample of these posts.",
        n=words.number(correction.sample.passages),
    )
