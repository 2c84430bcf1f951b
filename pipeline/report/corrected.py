"""Shares of frames corrected for the classifier's mistakes, and the words that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.evaluation import quantification
from pipeline.models import error_rates
from pipeline.models.error_rates import Rates
from pipeline.report.charts import round_maximum
from pipeline.report.formatting import listing, number
from pipeline.report.series import Share

# Of so many frames the summary speaks.
_SPOKEN = 3


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


def correct(
    shares: list[Share],
    design_effects: Mapping[str, float],
    errors: KnownErrors,
) -> Correction:
    """Every frame's share as it would be if the classifier made no mistakes."""
    rows = []
    for share in shares:
        elsewhere, local = errors.elsewhere.get(share.code), errors.local.get(share.code)
        found = quantification.corrected(
            share.count,
            share.n,
            elsewhere=elsewhere,
            local=local,
            design_effect=design_effects[share.code],
        )
        rows.append(CorrectedShare(share, found, local or elsewhere))
    return Correction(rows, errors.sample)


def in_words(correction: Correction) -> list[str]:
    """A sentence about the largest shares, and one about what the correction rests on."""
    known = [(row.found.name, row.corrected) for row in correction.rows if row.corrected]
    known.sort(key=lambda pair: -pair[1].share)
    if not known:
        return []
    told = [
        f"{name} about {_hundredths(found.share)} "
        f"(likely {_hundredths(found.low)} to {_hundredths(found.high)})"
        for name, found in known[:_SPOKEN]
    ]
    return [
        "If the program's own mistakes are taken into account, of every 100 paragraphs "
        f"these carry a frame: {listing(told)}. {basis(correction)}"
    ]


def basis(correction: Correction) -> str:
    """What the correction rests on, in a sentence that has to be read with every such number."""
    if correction.sample is None:
        return (
            "This is not corrected for shift: how often the program errs was measured on other "
            "texts, not on these, so the ranges are wide and may still be wrong."
        )
    return (
        "How often the program errs was measured on "
        f"{number(correction.sample.passages)} coded passages of this kind, so the ranges hold "
        "as far as those were drawn by chance from these posts."
    )


def _hundredths(share: float) -> str:
    return "less than 1" if 0 < share < 0.005 else number(share * 100)
