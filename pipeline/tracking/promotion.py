"""Promotion to champion: a version that beats the current one, or is promoted for a stated reason.

The decision and its evidence become tags of the version, also if it is not promoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.errors import InputError
from pipeline.evaluation.comparison.paired import Comparison
from pipeline.evaluation.comparison.table import verdict
from pipeline.tracking import results, store
from pipeline.tracking.champions import CHAMPION
from pipeline.tracking.provenance import user
from pipeline.tracking.results import Version

PROMOTED, NOT_PROMOTED = "promoted", "not promoted"
_LONGEST_TAG = 2000


@dataclass(frozen=True)
class Decision:
    """A decision about promotion.

    ``evidence`` is a sentence; ``figures`` are tags with the same evidence in numbers. ``against``
    is the champion's version, None if there was no champion.
    """

    promoted: bool
    against: str | None
    evidence: str
    figures: dict[str, str]
    reason: str | None

    def tags(self) -> dict[str, str]:
        found = {
            "decision": PROMOTED if self.promoted else NOT_PROMOTED,
            "against_version": self.against or "none",
            "evidence": self.evidence,
            "reason": " ".join((self.reason or "none given").split()),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "by": user(),
            **self.figures,
        }
        return {f"promotion.{key}": value[:_LONGEST_TAG] for key, value in found.items()}


def decide(comparison: Comparison | str, *, against: str | None, reason: str | None) -> Decision:
    """Promote if the interval of the difference in macro F1 is above 0, or for a stated reason.

    ``comparison`` is a sentence if the two versions could not be compared.
    """
    if isinstance(comparison, str):
        return Decision(against is None or reason is not None, against, comparison, {}, reason)
    return Decision(
        promoted=comparison.better or reason is not None,
        against=against,
        evidence=verdict(comparison),
        figures=_figures(comparison),
        reason=reason,
    )


def record_decision(
    candidate: Version, decision: Decision, *, uri: str, registered_model: str
) -> None:
    """Write the decision's tags, and move the champion alias if the version is promoted.

    Raises InputError if another version became champion since the comparison.
    """
    address = store.absolute(uri)
    with store.exclusive(address):
        client = store.client(address)
        with store.converting_errors(address):
            now = results.champion_version(client, registered_model)
            if (None if now is None else now.number) != decision.against:
                raise InputError(
                    "another version became champion in the meantime; run the command again"
                )
            for key, value in decision.tags().items():
                client.set_model_version_tag(registered_model, candidate.number, key, value)
            if decision.promoted:
                client.set_registered_model_alias(registered_model, CHAMPION, candidate.number)


def present_champion(*, uri: str, registered_model: str) -> Version | None:
    client = results.reader(uri)
    with store.converting_errors(uri):
        return results.champion_version(client, registered_model)


def _figures(comparison: Comparison) -> dict[str, str]:
    macro = comparison.macro
    interval = "none" if macro.interval is None else "[{:+.4f}, {:+.4f}]".format(*macro.interval)
    return {
        "figure": "f1_macro",
        "difference": "undefined" if macro.difference is None else f"{macro.difference:+.4f}",
        "interval": interval,
        "confidence": f"{comparison.confidence:g}",
        "p": "undefined" if macro.p is None else f"{macro.p:.4f}",
        "test": f"bootstrap by family ({comparison.samples}), approximate randomisation "
        f"({comparison.swaps})",
        "passages": str(comparison.passages),
    }
