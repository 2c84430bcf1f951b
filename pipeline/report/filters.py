"""The data of ``page.js``: counts, and the parameters of intervals.

The script sums the cube and computes Wilson intervals with the quantile, the intraclass
correlations and the inflation given here. A filtered interval therefore equals the one that this
program computes for the same posts.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

from pipeline.codebook import Codebook
from pipeline.report import charts
from pipeline.report.aggregates import count_columns, pairs
from pipeline.report.cards import Axes
from pipeline.report.formatting import fit, short
from pipeline.report.headlines import RARE
from pipeline.report.periods import tick_name
from pipeline.report.report_data import ReportData
from pipeline.report.series import NAME_LENGTH

# Texts of the script, by their English text.
SCRIPT_TEXTS = (
    "{name}: no paragraphs",
    "{name}: {share} (95% interval {low} to {high}), {count} of {n} paragraphs",
    "{name}: {n} paragraphs",
    "Shown: {n} of {all} paragraphs ({filters}). The findings above are about all of them.",
    "{first} to {last}",
    "Show all {n} rows",
)


def filter_data(report: ReportData, codebook: Codebook, axes: Axes) -> dict[str, Any]:
    """JSON for the page. A row of ``rows`` is one of the cube: the indexes of channel, period and
    language, then :func:`count_columns`."""
    codes = list(codebook.frame_codes)
    aggregates, words = report.aggregates, report.words
    return {
        "locale": words.code,
        "texts": {text: words(text) for text in SCRIPT_TEXTS},
        "few": charts.FEW,
        "tooFew": charts.TOO_FEW,
        "rare": RARE,
        "wide": charts.WIDE_STEPS,
        "shades": charts.SHADES,
        "panel": charts.panel_measures(),
        "ends": charts.ROUND_ENDS,
        "each": report.strongest,
        "periods": [
            [name, tick_name(start, aggregates.unit, words), start.isoformat()]
            for name, start in zip(report.time.periods, axes.periods, strict=True)
        ],
        "channels": [short(name, NAME_LENGTH) for name in axes.channels],
        "languages": [short(words.language(name), NAME_LENGTH) for name in axes.languages],
        "frames": [fit(share.name) for share in report.shares],
        "codes": codes,
        "z": NormalDist().inv_cdf(0.975),
        "icc": [aggregates.effects.icc[code] for code in codes],
        "inflation": aggregates.effects.inflation,
        "pairs": [[codes.index(a), codes.index(b)] for a, b in pairs(codebook)],
        "targets": len(codebook.targets),
        "rows": _rows(report, codebook, axes),
    }


def _rows(report: ReportData, codebook: Codebook, axes: Axes) -> list[list[int]]:
    place = {period: i for i, period in enumerate(axes.periods)}
    channel = {name: i for i, name in enumerate(axes.channels)}
    language = {name: i for i, name in enumerate(axes.languages)}
    cube = report.aggregates.cube
    keys = cube.select("channel", "period", "language").rows()
    counts = cube.select(count_columns(codebook)).rows()
    return [
        [channel[c], place.get(p, -1), language[tongue], *row]
        for (c, p, tongue), row in zip(keys, counts, strict=True)
    ]
